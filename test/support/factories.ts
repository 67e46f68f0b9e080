import { type JsonObject } from '../../src/common/json.js';
import { type Client } from './client.js';

/** A spec of these nodes. */
export function specOf(nodes: unknown[], more: object = {}): JsonObject {
  return { version: '1', nodes, ...more } as JsonObject;
}

/** A workflow with this draft. @returns its id */
export async function makeWorkflow(client: Client, spec: JsonObject, name = 'Test'): Promise<string> {
  const { body } = await client.post('/v1/workflows', { name, spec });
  return body.workflow_id;
}

/** A workflow whose draft is published. @returns its id */
export async function makePublished(client: Client, spec: JsonObject): Promise<string> {
  const id = await makeWorkflow(client, spec);
  const { status, body } = await client.post(`/v1/workflows/${id}/publish`, {});
  if (status !== 200) throw new Error(JSON.stringify(body));
  return id;
}

/** Runs a spec and waits for its end. @returns the run */
export async function runSpec(client: Client, spec: JsonObject, inputs: unknown = {}) {
  return (await client.post('/v1/runs?mode=sync', { spec, inputs })).body;
}
