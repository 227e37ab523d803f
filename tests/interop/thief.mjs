// Somebody who copied all that a child of `writ run` can read, and now tries to use it. Prints one line of JSON for each
// attempt: what, and the status and body of the answer, or the error. Needs no package.
import { createHash, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';

// { loot: file, runs: [host:port…], broker: {origin, at}, api: {origin, at}, unused: whether to try the unused proof }
const given = JSON.parse(process.argv[2]);
const loot = JSON.parse(readFileSync(given.loot, 'utf8'));
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const base64url = (value) => Buffer.from(value).toString('base64url');

/** A proof by the thief's own key, flawless but for that. */
function prove(method, url, token, nonce) {
  const { kty, crv, x, y } = publicKey.export({ format: 'jwk' });
  const header = { typ: 'dpop+jwt', alg: 'ES256', jwk: { kty, crv, x, y } };
  const claims = { jti: randomUUID(), htm: method, htu: url, iat: Math.floor(Date.now() / 1000) };
  if (token) claims.ath = createHash('sha256').update(token).digest('base64url');
  if (nonce) claims.nonce = nonce;
  const input = `${base64url(JSON.stringify(header))}.${base64url(JSON.stringify(claims))}`;
  return `${input}.${sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

/** Sends to an address, in the name of an origin. */
function send(at, origin, method, path, headers = {}, body = undefined) {
  const colon = at.lastIndexOf(':');
  return new Promise((resolve) => {
    const sent = request({
      host: at.slice(0, colon), port: at.slice(colon + 1), method, path, timeout: 5000,
      headers: { ...headers, host: new URL(origin).host },
    }, (answer) => {
      let text = '';
      answer.on('data', (piece) => { text += piece; });
      answer.on('end', () => resolve({ status: answer.statusCode, body: text, nonce: answer.headers['dpop-nonce'] }));
    });
    sent.on('timeout', () => sent.destroy(new Error('timeout')));
    sent.on('error', (error) => resolve({ error: error.code ?? error.message }));
    sent.end(body);
  });
}

async function attempt(what, make) {
  let answer = await make();
  if (answer.nonce && answer.status >= 400) answer = await make(answer.nonce); // as the server asks for it
  console.log(JSON.stringify({ what, ...answer }));
}

const bearer = { authorization: `Bearer ${loot.env.WRIT_RUN_KEY}` };
for (const at of given.runs) {
  const run = (method, path, body) => attempt(`${method} ${path} of the run at ${at}`, () => send(
    at, loot.env.WRIT_RUN_URL, method, path, bearer, body && JSON.stringify(body)));
  await run('POST', '/token', { grants: ['orders:read@orders'] });
  await run('POST', '/proof', { method: 'GET', url: loot.url, token: loot.token });
  await run('GET', '/api/orders/orders');
}

const form = { 'content-type': 'application/x-www-form-urlencoded' };
const { broker, api } = given;
const post = (what, fields, headers = () => ({})) => attempt(what, (nonce) => send(
  broker.at, broker.origin, 'POST', '/oauth/token', { ...form, ...headers(nonce) }, new URLSearchParams(fields).toString()));
const own = (nonce) => ({ dpop: prove('POST', `${broker.origin}/oauth/token`, undefined, nonce) });
const exchange = {
  grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange', client_id: loot.agent,
  subject_token: loot.token, subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
};
await post('the run\'s key as a credential', { grant_type: 'client_credentials' }, () => bearer);
await post('the run\'s key as a secret',
  { grant_type: 'client_credentials', client_id: loot.agent, client_secret: loot.env.WRIT_RUN_KEY }, own);
await post('the token as an assertion', {
  grant_type: 'client_credentials', client_assertion: loot.token,
  client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
}, own);
await post('the token exchanged', exchange, own);
await post('the token exchanged with a used proof', exchange, () => ({ dpop: loot.used }));

const bound = (scheme, proof) => ({ authorization: `${scheme} ${loot.token}`, ...(proof && { dpop: proof }) });
for (const [name, { at, origin }, path] of [['broker', broker, '/v1/tasks'], ['API', api, new URL(loot.url).pathname]]) {
  const get = (what, headers) => attempt(`${what} at the ${name}`, (nonce) => send(
    at, origin, 'GET', path, headers(nonce)));
  await get('the run\'s key', () => bearer);
  await get('the token as a bearer token', () => bound('Bearer'));
  await get('the token without a proof', () => bound('DPoP'));
  await get('the token with a used proof', () => bound('DPoP', loot.used));
  await get('the token with another\'s proof', (nonce) => bound('DPoP', prove('GET', origin + path, loot.token, nonce)));
  if (given.unused) await get('the token with a proof that was not used', () => bound('DPoP', loot.unused));
}

// Both can be reached: it is not the network that refuses.
await attempt('control: broker', () => send(
  broker.at, broker.origin, 'GET', '/.well-known/oauth-authorization-server'));
await attempt('control: API', () => send(api.at, api.origin, 'GET', '/.well-known/oauth-protected-resource'));
