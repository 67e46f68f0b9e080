import { type Client } from './client.js';
import { runSpec, specOf } from './factories.js';

/** Saves a resource. @returns its id */
export async function makeResource(
  client: Client,
  resourceType: string,
  metadata: object,
  secrets: object = {},
  more: { name?: string; connection_id?: string } = {},
): Promise<string> {
  const request = { name: 'Test', resource_type: resourceType, metadata, secrets, ...more };
  const { status, body } = await client.post('/v1/integrations/resources', request);
  if (status !== 201) throw new Error(JSON.stringify(body));
  return body.resource_id;
}

/** Runs one call of a tool as a workflow. @returns the run */
export function runTool(client: Client, tool: string, resource: string, inputs: object, more: object = {}) {
  return runSpec(client, specOf([{ id: 'call', type: 'tool', tool, resource, inputs, ...more }]));
}
