import { type Client } from './client.js';

/** Saves a resource. @returns its id */
export async function makeResource(
  client: Client,
  resource_type: string,
  metadata: object,
  more: { secrets?: Record<string, string>; name?: string; connection_id?: string } = {},
): Promise<string> {
  const body = { name: 'Test', resource_type, metadata, ...more };
  const answer = await client.post('/v1/integrations/resources', body);
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
  return answer.body.resource_id;
}
