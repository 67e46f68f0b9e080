import { listMcpTools } from '../tools/mcp/mcp-tools.js';
import { defineBrowser } from './define-browser.js';

export const mcpToolBrowser = defineBrowser({
  provider: 'mcp',
  key: 'tool',
  title: 'tools',
  resourceTypes: ['mcp_server'],
  async list(access, { query = '', cursor, limit }) {
    const wanted = query.toLowerCase();
    const found = (await listMcpTools(access))
      .filter(({ name, description }) => `${name}\n${description}`.toLowerCase().includes(wanted))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    // They come in one list: the cursor is the last name that was given.
    const rest = cursor === undefined ? found : found.filter(({ name }) => name > cursor);
    const items = rest.slice(0, limit).map(({ name, description }) => ({ id: name, title: name, description }));
    return { items, nextCursor: rest.length > limit ? items.at(-1)!.id : undefined };
  },
});
