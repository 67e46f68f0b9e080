import { modelProviders } from '../models/catalogue.js';
import { type Browser, defineBrowser } from './define-browser.js';

/** The models that a resource offers at the moment, of every way to models. */
export const modelBrowsers: readonly Browser[] = modelProviders.map(({ provider, resourceType, list }) =>
  defineBrowser({
    provider,
    key: 'model',
    title: 'models',
    resourceTypes: [resourceType],
    async list(access, { query = '', cursor, limit }) {
      const wanted = query.toLowerCase();
      const found = (await list(access)).filter((id) => id.toLowerCase().includes(wanted));
      // They come in one list: the cursor is the last id that was given.
      const rest = cursor === undefined ? found : found.filter((id) => id > cursor);
      const items = rest.slice(0, limit).map((id) => ({ id, title: id }));
      return { items, nextCursor: rest.length > limit ? items.at(-1)!.id : undefined };
    },
  }),
);
