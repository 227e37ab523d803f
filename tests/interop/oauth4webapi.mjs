// The broker's road of a token, walked by oauth4webapi and checked by jose: discovery, client_credentials with
// private_key_jwt and DPoP with nonce, exchange by may_act, introspection, revocation.
import * as oauth from 'oauth4webapi';
import * as jose from 'jose';

const given = JSON.parse(process.argv[2]); // { issuer, agent: {id, jwk}, other: {id, jwk}, task, scope, audience }
const http = { [oauth.allowInsecureRequests]: true };
const issuer = new URL(given.issuer);
const as = await oauth.processDiscoveryResponse(
  issuer, await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...http }));

async function party({ id, jwk }) {
  const key = await crypto.subtle.importKey('jwk', jwk, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']);
  const client = { client_id: id };
  return {
    client,
    auth: oauth.PrivateKeyJwt({ key, kid: jwk.kid }),
    DPoP: oauth.DPoP(client, await oauth.generateKeyPair('ES256')),
  };
}

/** Once, and once more with the nonce that the broker asked for: as the library's own examples do. */
async function withNonce(request, process) {
  try {
    return { answer: await process(await request()), hadNonceError: false };
  } catch (error) {
    if (!oauth.isDPoPNonceError(error)) throw error;
    return { answer: await process(await request()), hadNonceError: true };
  }
}

const agent = await party(given.agent);
const other = await party(given.other);

const first = await withNonce(
  () => oauth.clientCredentialsGrantRequest(
    as, agent.client, agent.auth, { scope: given.scope, task: given.task, may_act: given.other.id },
    { DPoP: agent.DPoP, ...http }),
  (response) => oauth.processClientCredentialsResponse(as, agent.client, response));

const exchanged = await withNonce(
  () => oauth.genericTokenEndpointRequest(
    as, other.client, other.auth, 'urn:ietf:params:oauth:grant-type:token-exchange',
    {
      subject_token: first.answer.access_token,
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      scope: given.scope,
    },
    { DPoP: other.DPoP, ...http }),
  (response) => oauth.processGenericTokenEndpointResponse(as, other.client, response));

const introspect = async (token) => oauth.processIntrospectionResponse(
  as, agent.client, await oauth.introspectionRequest(as, agent.client, agent.auth, token, http));

const before = await introspect(exchanged.answer.access_token);
await oauth.processRevocationResponse(
  await oauth.revocationRequest(as, agent.client, agent.auth, first.answer.access_token, http));
const after = await introspect(exchanged.answer.access_token);

const jwks = jose.createRemoteJWKSet(new URL(as.jwks_uri));
const verified = await jose.jwtVerify(exchanged.answer.access_token, jwks, {
  issuer: given.issuer, audience: given.audience, typ: 'at+jwt', algorithms: ['ES256'],
});

console.log(JSON.stringify({
  nonce_was_asked: first.hadNonceError,
  token_type: first.answer.token_type,
  issued_token_type: exchanged.answer.issued_token_type,
  child: verified.payload,
  active_before: before.active,
  active_after: after.active,
}));
