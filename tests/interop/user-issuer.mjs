// An issuer of users' tokens as others build one, with npm jose: discovery, JWKS, tokens. Prints its origin as one line
// of JSON and serves until its standard input closes. POST /control/* tells it what to sign, and how to misbehave.
import { createServer } from 'node:http';
import * as jose from 'jose';

let generation = 0;
let isDown = false;
let isGarbled = false;
let fetches = 0;
let signing; // { kid, privateKey, publicKey }
let published = []; // JWKs

async function rotate(withdrawsOld) {
  const pair = await jose.generateKeyPair('ES256', { extractable: true });
  signing = { kid: `users-${++generation}`, ...pair };
  const jwk = { ...(await jose.exportJWK(pair.publicKey)), kid: signing.kid, alg: 'ES256', use: 'sig' };
  published = withdrawsOld ? [jwk] : [...published, jwk];
}

async function mint({ claims, header = {}, how = 'sign' }) {
  const signer = new jose.SignJWT(claims);
  const named = { alg: 'ES256', kid: signing.kid, typ: 'JWT', ...header };
  switch (how) {
    case 'sign':
      return signer.setProtectedHeader(named).sign(signing.privateKey);
    case 'none':
      return new jose.UnsecuredJWT(claims).encode();
    case 'hs256-spki': // the public key, which everybody has, taken for a shared secret
      return signer.setProtectedHeader({ ...named, alg: 'HS256' })
        .sign(new TextEncoder().encode(await jose.exportSPKI(signing.publicKey)));
    case 'hs256-jwk':
      return signer.setProtectedHeader({ ...named, alg: 'HS256' })
        .sign(new TextEncoder().encode(JSON.stringify(published.at(-1))));
    case 'stranger': // another key under the issuer's kid
      return signer.setProtectedHeader(named).sign((await jose.generateKeyPair('ES256')).privateKey);
    case 'embedded': { // its own key in the header
      const pair = await jose.generateKeyPair('ES256');
      return signer.setProtectedHeader({ ...named, jwk: await jose.exportJWK(pair.publicKey) }).sign(pair.privateKey);
    }
    default:
      throw new Error(`how? ${how}`);
  }
}

async function control(path, body) {
  switch (path) {
    case '/control/mint': return { token: await mint(body) };
    case '/control/rotate': await rotate(body.withdraws_old); return { kid: signing.kid };
    case '/control/state': isDown = body.down ?? isDown; isGarbled = body.garbled ?? isGarbled; return {};
    case '/control/fetches': return { fetches };
    default: return undefined;
  }
}

function discover(path, origin) {
  if (path === '/.well-known/openid-configuration') return { issuer: origin, jwks_uri: `${origin}/jwks` };
  if (path !== '/jwks') return undefined;
  fetches++;
  // Keys of other kinds lie beside ours, as they do at real issuers.
  const others = [{ kty: 'RSA', use: 'enc', kid: 'enc', n: 'AQAB', e: 'AQAB' }, { kty: 'future', kid: 'x' }];
  return { keys: [...published, ...others] };
}

const server = createServer(async (request, response) => {
  const origin = `http://127.0.0.1:${server.address().port}`;
  const parts = [];
  for await (const part of request) parts.push(part);
  const isControl = request.url.startsWith('/control/');
  if (isDown && !isControl) return void request.socket.destroy();
  const body = parts.length ? JSON.parse(Buffer.concat(parts)) : {};
  const answer = isControl ? await control(request.url, body) : discover(request.url, origin);
  response.writeHead(answer ? 200 : 404, { 'content-type': 'application/json' });
  response.end(isGarbled && !isControl ? '{"issuer": 1, "jwks_uri": [], "keys": {' : JSON.stringify(answer ?? {}));
});

await rotate(false);
process.stdin.on('end', () => process.exit(0)).resume();
server.listen(0, '127.0.0.1', () =>
  console.log(JSON.stringify({ issuer: `http://127.0.0.1:${server.address().port}` })));
