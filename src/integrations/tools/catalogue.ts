import { type Tool } from './define-tool.js';
import { httpRequest } from './http/http-request.tool.js';
import { postgresQuery } from './postgres/postgres-query.tool.js';

/** Every tool; a new one is a file beside this one and a line here. */
export const tools: readonly Tool[] = [httpRequest, postgresQuery];

/** Tools by key. */
export type ToolCatalogue = ReadonlyMap<string, Tool>;

/** The tools of this application, a {@link ToolCatalogue}; injectable. */
export const TOOL_CATALOGUE = Symbol('tool catalogue');

/** The product's own. */
export const toolCatalogue: ToolCatalogue = new Map(tools.map((tool) => [tool.key, tool]));
