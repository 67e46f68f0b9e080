import { type JsonObject } from '../../../common/json.js';
import { type Access } from '../../credentials/access.js';
import { type McpSession, withMcp } from './mcp-client.js';

/** What a server says of a tool. */
export interface McpTool {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of its arguments. */
  readonly inputSchema: JsonObject;
}

/** So many tools of a server are listed, and so many pages read. */
const MOST_TOOLS = 1_000;
const MOST_PAGES = 20;

/** The tools of the server of a resource; of very many, the first ones. @throws as {@link withMcp} */
export function listMcpTools(access: Access): Promise<McpTool[]> {
  return withMcp(access, toolsOf);
}

/** The tools of a server. */
export async function toolsOf({ client, options }: McpSession): Promise<McpTool[]> {
  const found: McpTool[] = [];
  if (!client.getServerCapabilities()?.tools) return found;
  let cursor: string | undefined;
  for (let page = 0; page < MOST_PAGES && found.length < MOST_TOOLS; page++) {
    // `listTools` would read all pages by itself, and fail when there are too many.
    const params = cursor === undefined ? {} : { cursor };
    const { tools, nextCursor } = await client.request({ method: 'tools/list', params }, options);
    for (const { name, description = '', inputSchema } of tools) {
      found.push({ name, description, inputSchema: inputSchema as JsonObject });
    }
    if (nextCursor === undefined || nextCursor === cursor) break;
    cursor = nextCursor;
  }
  return found.slice(0, MOST_TOOLS);
}
