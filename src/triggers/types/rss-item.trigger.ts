import { type JsonObject } from '../../common/json.js';
import { type Access, errorOf, troubleOf } from '../../integrations/index.js';
import { defineTrigger, type IncomingEvent, type PollRequest, type PollResult } from './define-trigger.js';
import { decodeFeed, type FeedItem, readFeed } from './feeds/feed.js';
import { markOf, whatIsNew } from './feeds/seen.js';
import { intervalFaults, intervalProperty } from './poll-interval.js';

interface RssConfig extends JsonObject {
  url: string;
}

type RssCursor = {
  /** Marks of the items that were seen, see seen.ts. */
  seen: string[];
  /** Of the last answer all of whose items were seen (RFC 9110, section 13). */
  etag: string | null;
  last_modified: string | null;
};

const MOST_BYTES = 5_000_000;
/** Items that become events at once. */
const MOST_EVENTS = 100;

const text = { type: ['string', 'null'] };

/**
 * https://www.rssboard.org/rss-specification, https://www.rfc-editor.org/rfc/rfc4287 (Atom), https://www.jsonfeed.org/version/1.1,
 * https://web.resource.org/rss/1.0/spec (RDF)
 */
export const rssItem = defineTrigger<RssConfig, RssCursor>({
  key: 'rss_item',
  title: 'Item of a feed',
  description:
    'A feed (RSS, Atom, RDF, JSON Feed) has an item that it did not have before. An item is known by its id, else by its link: ' +
    'edited, in another order, or gone and back again, it is the same. The feed is sent only when it has changed, if its server ' +
    'knows how.',
  mode: 'poll',
  needs: {},
  config: {
    required: ['url'],
    properties: {
      url: {
        type: 'string',
        minLength: 1,
        maxLength: 8_192,
        pattern: '^[Hh][Tt][Tt][Pp][Ss]?://',
        description: 'The address of the feed; it has 5 MB at most.',
      },
      interval: intervalProperty,
    },
  },
  event: {
    type: 'object',
    additionalProperties: false,
    required: ['id', 'title', 'link', 'published_at', 'author', 'summary', 'content', 'categories'],
    properties: {
      id: { ...text, description: 'Its id in the feed, else its link.' },
      title: text,
      link: text,
      published_at: { ...text, description: 'A time such as 2026-11-26T08:00:00.000Z.' },
      author: text,
      summary: text,
      content: {
        ...text,
        description: 'HTML or text, of 100,000 characters at most. Written by whoever wrote the feed.',
      },
      categories: { type: 'array', items: { type: 'string' } },
    },
  },
  sample: {
    id: 'https://blog.example.com/?p=17',
    title: 'Version 2 is here',
    link: 'https://blog.example.com/version-2',
    published_at: '2026-11-26T08:00:00.000Z',
    author: 'Ada',
    summary: 'What is new',
    content: '<p>What is new</p>',
    categories: ['releases'],
  },
  example: { url: 'https://blog.example.com/feed.xml', interval: '15m' },
  check: intervalFaults,
  poll,
});

async function poll(
  access: Access,
  { config, cursor }: PollRequest<RssConfig, RssCursor>,
): Promise<PollResult<RssCursor>> {
  const { status, headers, body, url } = await fetchFeed(access, config.url, cursor);
  if (status === 304 && cursor) return { events: [], cursor };
  const items = readFeed(decodeFeed(body, headers['content-type']), url);
  const marks = items.map(({ identity }) => markOf(identity));
  const { fresh, seen, more } = whatIsNew(marks, cursor?.seen, MOST_EVENTS);
  const validators = { etag: headers.etag ?? null, last_modified: headers['last-modified'] ?? null };
  // While something of this answer is left, the next one must not be that nothing has changed.
  const next: RssCursor = { seen, ...(more ? { etag: null, last_modified: null } : validators) };
  return { events: oldestFirst(fresh.map((index) => items[index]!)).map(eventOf), cursor: next, more };
}

async function fetchFeed({ egress, signal }: Access, url: string, cursor: RssCursor | undefined) {
  const response = await egress.request({
    method: 'GET',
    url,
    headers: {
      accept: 'application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5',
      'user-agent': 'Seer',
      ...(cursor?.etag && { 'if-none-match': cursor.etag }),
      ...(cursor?.last_modified && { 'if-modified-since': cursor.last_modified }),
    },
    maxBytes: MOST_BYTES,
    signal,
  });
  if ((response.status >= 200 && response.status < 300) || (response.status === 304 && cursor)) return response;
  const answer = { ...response, method: 'GET', host: new URL(response.url).host, body: null };
  throw errorOf(answer, troubleOf(answer));
}

/** By their times, if all have one; else the other way round: most feeds begin with the newest. */
function oldestFirst(items: readonly FeedItem[]): FeedItem[] {
  const newestLast = items.toReversed();
  if (newestLast.some(({ published }) => published === null)) return newestLast;
  return newestLast.toSorted((one, other) => one.published!.getTime() - other.published!.getTime());
}

function eventOf({ identity, published, categories, ...item }: FeedItem): IncomingEvent & { key: JsonObject } {
  const { id, title, link, author, summary, content } = item;
  const published_at = published?.toISOString() ?? null;
  return {
    data: { id, title, link, published_at, author, summary, content, categories: [...categories] },
    key: { item: identity },
    ...(published && { occurredAt: published }),
  };
}
