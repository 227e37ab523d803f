// The same road by openid-client, which asks for the nonce and repeats by itself.
import * as client from 'openid-client';

const given = JSON.parse(process.argv[2]); // as in oauth4webapi.mjs

async function party({ id, jwk }) {
  const key = await crypto.subtle.importKey('jwk', jwk, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']);
  const config = await client.discovery(
    new URL(given.issuer), id, undefined, client.PrivateKeyJwt({ key, kid: jwk.kid }),
    { execute: [client.allowInsecureRequests], algorithm: 'oauth2' });
  const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256'));
  return { config, DPoP };
}

const agent = await party(given.agent);
const other = await party(given.other);

const first = await client.clientCredentialsGrant(
  agent.config, { scope: given.scope, task: given.task, may_act: given.other.id }, { DPoP: agent.DPoP });
const exchanged = await client.genericGrantRequest(
  other.config, 'urn:ietf:params:oauth:grant-type:token-exchange',
  {
    subject_token: first.access_token,
    subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    scope: given.scope,
  },
  { DPoP: other.DPoP });
const before = await client.tokenIntrospection(agent.config, exchanged.access_token);
await client.tokenRevocation(agent.config, first.access_token);
const after = await client.tokenIntrospection(agent.config, exchanged.access_token);

console.log(JSON.stringify({
  token_type: first.token_type,
  issued_token_type: exchanged.issued_token_type,
  active_before: before.active,
  active_after: after.active,
}));
