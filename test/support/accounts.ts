import { type JsonObject } from '../../src/common/json.js';
import { schemaValidator } from '../../src/common/json-schema.js';
import { toolCatalogue } from '../../src/integrations/index.js';
import { type OAuthProvider, providers } from '../../src/oauth/index.js';
import { type TestApp } from './app.js';
import { makeCaller } from './callers.js';
import { type Client } from './client.js';
import { authorize } from './connections.js';
import { runSpec, specOf } from './factories.js';
import { PUBLIC_URL } from './oauth-server.js';

/** Somebody with an account of a provider. */
export interface Owner {
  readonly caller: Client;
  readonly token: string;
  /** Of the first account. */
  readonly connectionId: string;
}

/** The providers of the product, one of which has moved to this machine. */
export function withLocal(key: string, local: Partial<OAuthProvider>): OAuthProvider[] {
  return providers.map((provider) => (provider.key === key ? { ...provider, ...local } : provider));
}

/** Variables that register this installation with a provider. */
export function registration(key: string, id: string, secret: string): Record<string, string> {
  const name = `SEER_OAUTH_${key.toUpperCase()}`;
  return { SEER_PUBLIC_URL: PUBLIC_URL, [`${name}_CLIENT_ID`]: id, [`${name}_CLIENT_SECRET`]: secret };
}

/** Connects an account as a person does, in a browser. @returns the id of the connection */
export async function connect(seer: TestApp, token: string, provider: string, scopes: readonly string[]) {
  const query = `?scopes=${encodeURIComponent(scopes.join(' '))}`;
  const { text, status } = await authorize(seer, token, query, undefined, provider);
  if (status !== 200) throw new Error(text);
  const { body } = await seer.stranger.as(token).get(`/v1/integrations/connections?provider=${provider}`);
  return body.items[0].connection_id as string;
}

/** A new user with an account. */
export async function makeOwner(seer: TestApp, provider: string, scopes: readonly string[]): Promise<Owner> {
  const { token } = await makeCaller(seer.app);
  const connectionId = await connect(seer, token, provider, scopes);
  return { caller: seer.stranger.as(token), token, connectionId };
}

/** Runs a workflow of one node. @returns the run; a value of the node that is not as its tool promises is an error */
export async function runTool(client: Client, tool: string, inputs: object, more: object = {}) {
  const run = await runSpec(client, specOf([{ id: 'call', type: 'tool', tool, inputs, ...more }]));
  if (run.status !== 'COMPLETED') return run;
  const faults = schemaValidator(toolCatalogue.get(tool)!.output).validate(run.outputs);
  if (faults.length > 0) throw new Error(`${tool} gives what it does not promise: ${JSON.stringify(faults)}`);
  return run;
}

/** The error of the step of a run. */
export async function stepError(client: Client, runId: string): Promise<JsonObject> {
  const { body } = await client.get(`/v1/runs/${runId}/steps`);
  return body.items.at(-1).error;
}
