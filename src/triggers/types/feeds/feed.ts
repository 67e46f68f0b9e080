import { type AtomFeed, type JsonFeed, parseFeed, type RdfFeed, type RssFeed } from 'feedsmith';
import { type Json, type JsonObject } from '../../../common/json.js';
import { ToolError } from '../../../integrations/index.js';

/** Items of one feed that are looked at, from its beginning. */
const MOST_ITEMS = 2_000;
const LONGEST = { title: 1_000, link: 8_192, author: 500, summary: 20_000, content: 100_000, category: 200 };
const MOST_CATEGORIES = 100;

const MOST_ATTRIBUTES = 200;
/** Where `<` and `>` mean nothing, from and to. */
const hiddenParts = [
  ['<![CDATA[', ']]>'],
  ['<!--', '-->'],
] as const;

/** An item, whatever the kind of its feed. */
export interface FeedItem {
  /** What tells it from the others: its id, else its link, else what it says. */
  readonly identity: Json;
  readonly id: string | null;
  readonly title: string | null;
  readonly link: string | null;
  readonly published: Date | null;
  readonly author: string | null;
  readonly summary: string | null;
  readonly content: string | null;
  readonly categories: readonly string[];
}

/** What feeds have in common; each as it stands there. */
interface RawItem {
  readonly id?: string | undefined;
  readonly title?: string | undefined;
  readonly link?: string | undefined;
  readonly published?: string | undefined;
  readonly author?: string | undefined;
  readonly summary?: string | undefined;
  readonly content?: string | undefined;
  readonly categories?: readonly (string | undefined)[] | undefined;
}

/**
 * Reads RSS, Atom, RDF or JSON Feed. Entities that a document defines itself are never expanded (feedsmith reads XML with
 * `processEntities: false` and decodes those of HTML only), and nothing is fetched.
 * @param url of the feed: links may be relative to it
 * @throws ToolError when it is none of these
 */
export function readFeed(text: string, url: string): FeedItem[] {
  return rawItems(text).map((item) => itemOf(item, url));
}

/** The text of a feed, in the character set that its headers name, or it itself. */
export function decodeFeed(body: Buffer, contentType = ''): string {
  const head = body.subarray(0, 200).toString('latin1');
  const named = /charset="?([\w.:-]+)/i.exec(contentType)?.[1] ?? /^<\?xml[^>]*encoding=["']([\w.:-]+)/.exec(head)?.[1];
  try {
    return new TextDecoder(named ?? 'utf-8').decode(body);
  } catch {
    return body.toString('utf8');
  }
}

function rawItems(text: string): RawItem[] {
  try {
    refuseManyAttributes(text);
    const { format, feed } = parseFeed(text.trimStart(), { maxItems: MOST_ITEMS });
    if (format === 'rss') return (feed.items ?? []).map(fromRss);
    if (format === 'atom') return (feed.entries ?? []).map(fromAtom);
    if (format === 'rdf') return (feed.items ?? []).map(fromRdf);
    return (feed.items ?? []).map(fromJson);
  } catch (error) {
    const message = 'The answer is no feed that can be read (RSS, Atom, RDF or JSON Feed).';
    throw new ToolError('upstream-error', message, true, undefined, undefined, { cause: error });
  }
}

/** The time that a tag takes to be read grows with the square of its attributes: 400,000 of them would take half a minute. */
function refuseManyAttributes(text: string): void {
  for (let begin = text.indexOf('<'); begin !== -1;) {
    const hidden = hiddenParts.find(([opening]) => text.startsWith(opening, begin));
    const end = text.indexOf(hidden?.[1] ?? '>', begin);
    const attributes = hidden ? 0 : text.slice(begin, end === -1 ? undefined : end).split('=').length - 1;
    if (attributes > MOST_ATTRIBUTES) throw new Error('a tag has too many attributes');
    begin = end === -1 ? -1 : text.indexOf('<', end);
  }
}

function fromRss(item: RssFeed.Item<string>): RawItem {
  const [author] = item.authors ?? [];
  return {
    id: item.guid?.value,
    title: item.title,
    link: item.link,
    published: item.pubDate ?? item.dc?.dates?.[0],
    author: author?.name ?? author?.email ?? item.dc?.creators?.[0],
    summary: item.description,
    content: item.content?.encoded,
    categories: item.categories?.map(({ name }) => name),
  };
}

function fromAtom(entry: AtomFeed.Entry<string>): RawItem {
  const links = entry.links ?? [];
  const link = links.find(({ rel = 'alternate' }) => rel === 'alternate') ?? links[0];
  return {
    id: entry.id,
    title: entry.title?.value,
    link: link?.href,
    published: entry.published ?? entry.updated,
    author: entry.authors?.[0]?.name,
    summary: entry.summary?.value,
    content: entry.content?.value,
    categories: entry.categories?.map(({ term }) => term),
  };
}

function fromRdf(item: RdfFeed.Item<string>): RawItem {
  return {
    id: item.rdf?.about,
    title: item.title,
    link: item.link,
    published: item.dc?.dates?.[0],
    author: item.dc?.creators?.[0],
    summary: item.description,
    content: item.content?.encoded,
    categories: item.dc?.subjects,
  };
}

function fromJson(item: JsonFeed.Item<string>): RawItem {
  return {
    id: item.id,
    title: item.title,
    link: item.url ?? item.external_url,
    published: item.date_published,
    author: item.authors?.[0]?.name,
    summary: item.summary,
    content: item.content_html ?? item.content_text,
    categories: item.tags,
  };
}

function itemOf(raw: RawItem, url: string): FeedItem {
  const link = raw.link === undefined ? null : (URL.parse(raw.link, url)?.href ?? raw.link);
  const said: JsonObject = { title: raw.title ?? null, published: raw.published ?? null, summary: raw.summary ?? null };
  const time = Date.parse(raw.published ?? '');
  return {
    identity: raw.id !== undefined && raw.id !== '' ? { id: raw.id } : link === null ? said : { link },
    id: raw.id ?? link,
    title: short(raw.title, LONGEST.title),
    link: short(link ?? undefined, LONGEST.link),
    published: Number.isNaN(time) ? null : new Date(time),
    author: short(raw.author, LONGEST.author),
    summary: short(raw.summary, LONGEST.summary),
    content: short(raw.content, LONGEST.content),
    categories: (raw.categories ?? [])
      .filter((name) => name !== undefined)
      .slice(0, MOST_CATEGORIES)
      .map((name) => name.slice(0, LONGEST.category)),
  };
}

function short(text: string | undefined, most: number): string | null {
  if (text === undefined) return null;
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}
