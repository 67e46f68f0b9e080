import { type Tool } from './define-tool.js';
import { httpRequest } from './http-request.tool.js';

/** Every tool; a new one is a file beside this one and a line here. */
export const tools: readonly Tool[] = [httpRequest];

/** Tools by key. */
export type ToolCatalogue = ReadonlyMap<string, Tool>;

export const toolCatalogue: ToolCatalogue = new Map(tools.map((tool) => [tool.key, tool]));
