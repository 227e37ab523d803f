// A service that was written for OPA, with OPA's own client, asks the broker instead.
import { OPAClient } from '@open-policy-agent/opa';
import { OpaApiClient } from '@open-policy-agent/opa/sdk/index.js';

const given = JSON.parse(process.argv[2]); // { url, token, question, path, input }

const headers = { authorization: `Bearer ${given.token}` };
const opa = new OPAClient(given.url, { headers });
const api = new OpaApiClient({ serverURL: given.url, bearerAuth: given.token });

async function failure(promise) {
  try {
    return { value: await promise };
  } catch (error) {
    return { status: error.httpMeta?.response.status, code: error.code ?? error.data$?.code, text: `${error.message}` };
  }
}

const raw = await api.executePolicyWithInput({
  path: given.path, provenance: true, metrics: true, requestBody: { input: given.input },
});

console.log(JSON.stringify({
  decision: await opa.evaluate('writ/decision', given.question),
  allow: await opa.evaluate('writ/decision/allow', given.question, { fromResult: (r) => r === true }),
  own: await opa.evaluate(given.path, given.input),
  without: await opa.evaluate(given.path),
  batch: await opa.evaluateBatch(given.path, { a: given.input, b: {} }, { fallback: true }),
  raw: raw.successfulPolicyResponse,
  malformed: await failure(opa.evaluate('writ/decision', { subject: {} })),
  forbidden: await failure(opa.evaluate('secrets/keys', {})),
  broken: await failure(opa.evaluate(`${given.package}/conflict`, given.input)),
  undefined: (await failure(opa.evaluate(`${given.package}/nothing`, given.input))).value === undefined,
  healthy: (await api.health()).healthyServer,
}));
