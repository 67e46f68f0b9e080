import { startApp, type TestApp } from '../support/app.js';
import { FeedServer } from '../support/feed-server.js';
import { Polls } from '../support/polls.js';
import { untilOver } from '../support/runs.js';

let seer: TestApp;
let feed: FeedServer;
let polls: Polls;

beforeAll(async () => {
  feed = await FeedServer.start();
  seer = await startApp();
  polls = await Polls.watch(seer.databaseUrl);
});

afterAll(async () => {
  await polls.close();
  await seer.close();
  await feed.close();
});

beforeEach(async () => {
  await polls.database.query('delete from trigger_subscription');
  feed.statuses.length = 0;
});

/** Events that start no run are in no set of duplicates: what comes twice is seen. */
async function subscribe(): Promise<string> {
  return (await polls.subscribe(seer.admin, 'rss_item', { url: feed.url, filter: 'false' })).subscription_id;
}

async function titles(id: string): Promise<string[]> {
  return (await polls.events(id)).map(({ data }) => data.title);
}

const attributes = Array.from({ length: 400_000 }, (_, index) => `a${index}="1"`).join(' ');
const named = '<rss version="2.0"><channel><item><guid>2</guid><title>&f;</title></item></channel></rss>';

const numbered = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => ({ id: `i${to - index}`, title: `Item ${to - index}` }));

describe('rss_item', () => {
  it('starts a run for an item that is new, and asks for the feed only when it has changed', async () => {
    feed.rss({ id: '1', title: 'Old' });
    const { subscription_id: id } = await polls.subscribe(seer.admin, 'rss_item', { url: feed.url });
    await polls.poll(id);
    expect(await polls.events(id)).toEqual([]);
    feed.rss(
      { id: '2', title: 'A &amp; B', link: '/two', date: 'Thu, 26 Nov 2026 08:00:00 GMT' },
      { id: '1', title: 'Old, but edited' },
    );
    await polls.poll(id);
    await polls.poll(id);
    const [event, ...others] = await polls.events(id);
    expect(others).toEqual([]);
    const run = await untilOver(seer.admin, `run_${event!.run_id}`);
    expect(run.outputs).toMatchObject({
      trigger: {
        type: 'rss_item',
        occurred_at: '2026-11-26T08:00:00.000Z',
        data: {
          id: '2',
          title: 'A & B',
          link: new URL('/two', feed.url).href,
          published_at: '2026-11-26T08:00:00.000Z',
          author: null,
          summary: null,
          content: null,
          categories: [],
        },
      },
    });
    expect(feed.statuses).toEqual([200, 304, 200, 304]);
  });

  it('knows items again that are edited, in another order, or gone and back; without an id by their link', async () => {
    const [a, b, c] = [
      { id: 'a', title: 'A' },
      { title: 'B', link: 'https://example.com/b' },
      { title: 'C', date: 'Thu, 26 Nov 2026 08:00:00 GMT' },
    ];
    feed.rss(a);
    const id = await subscribe();
    feed.rss(b, c, a);
    await polls.poll(id);
    expect(await titles(id)).toEqual(['C', 'B']);
    for (const list of [
      [a],
      [c, b],
      [
        { ...a, title: 'A2' },
        { ...b, title: 'B2' },
      ],
      [],
      [a, b, c],
    ]) {
      feed.rss(...list);
      await polls.poll(id);
    }
    expect(await titles(id)).toEqual(['C', 'B']);
  });

  it('takes each of many new items, oldest first, some at a time', async () => {
    feed.rss(...numbered(1, 10));
    const id = await subscribe();
    feed.rss(...numbered(1, 260));
    const { polls: count } = await polls.poll(id);
    expect(count).toBe(3);
    const found = await titles(id);
    expect(found).toHaveLength(250);
    expect(new Set(found)).toEqual(new Set(numbered(11, 260).map(({ title }) => title)));
    await polls.poll(id);
    expect(await titles(id)).toHaveLength(250);
    expect(feed.statuses.at(-1)).toBe(304);
  });

  it.each([
    [
      'Atom',
      'application/atom+xml',
      '<feed xmlns="http://www.w3.org/2005/Atom"><title>B</title><entry><id>urn:1</id><title>Tïtle</title>' +
        '<link href="/x"/><updated>2026-11-26T08:00:00Z</updated><author><name>Ada</name></author>' +
        '<summary>S</summary><content type="html">&lt;b&gt;C&lt;/b&gt;</content><category term="t"/></entry></feed>',
    ],
    [
      'RDF',
      'application/rdf+xml',
      '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" ' +
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/">' +
        '<channel rdf:about="x"><title>B</title><link>x</link><description>d</description></channel>' +
        '<item rdf:about="urn:1"><title>Tïtle</title><link>/x</link><description>S</description><dc:creator>Ada</dc:creator>' +
        '<dc:subject>t</dc:subject><dc:date>2026-11-26T08:00:00Z</dc:date>' +
        '<content:encoded><![CDATA[<b>C</b>]]></content:encoded></item></rdf:RDF>',
    ],
    [
      'JSON Feed',
      'application/feed+json',
      JSON.stringify({
        version: 'https://jsonfeed.org/version/1.1',
        title: 'B',
        items: [
          {
            id: 'urn:1',
            title: 'Tïtle',
            url: '/x',
            date_published: '2026-11-26T08:00:00Z',
            authors: [{ name: 'Ada' }],
            summary: 'S',
            content_html: '<b>C</b>',
            tags: ['t'],
          },
        ],
      }),
    ],
  ])('reads %s', async (_kind, type, body) => {
    feed.rss({ id: 'other', title: 'x' });
    const id = await subscribe();
    feed.type = type;
    feed.body = body;
    await polls.poll(id);
    expect((await polls.events(id)).map(({ data }) => data)).toEqual([
      {
        id: 'urn:1',
        title: 'Tïtle',
        link: new URL('/x', feed.url).href,
        published_at: '2026-11-26T08:00:00.000Z',
        author: 'Ada',
        summary: 'S',
        content: '<b>C</b>',
        categories: ['t'],
      },
    ]);
  });

  it('reads other character sets', async () => {
    feed.rss({ id: '1', title: 'x' });
    const id = await subscribe();
    feed.type = 'application/rss+xml';
    feed.body = Buffer.from(
      '<?xml version="1.0" encoding="ISO-8859-1"?><rss version="2.0"><channel><item><guid>2</guid><title>Grüße</title></item></channel></rss>',
      'latin1',
    );
    await polls.poll(id);
    expect(await titles(id)).toEqual(['Grüße']);
  });

  it('expands no entities that a document defines', async () => {
    feed.rss({ id: '1', title: 'x' });
    const id = await subscribe();
    const levels = Array.from({ length: 9 }, (_, n) => `<!ENTITY l${n + 1} "${`&l${n};`.repeat(10)}">`).join('');
    feed.body =
      `<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY l0 "lol">${levels}]>` +
      '<rss version="2.0"><channel><item><guid>2</guid><title>&l9;</title></item></channel></rss>';
    const before = process.memoryUsage().heapUsed;
    await polls.poll(id);
    const [event] = await polls.events(id);
    expect(event!.data).toMatchObject({ title: '&l9;' });
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(100_000_000);
  });

  it.each([
    ['a page', '<html><body>Sorry</body></html>', 'no feed'],
    ['nothing', '', 'no feed'],
    ['more than 5 MB', `<rss version="2.0">${' '.repeat(5_000_001)}</rss>`, '5000000'],
    ['a file that it names', `<!DOCTYPE rss [<!ENTITY f SYSTEM "file:///etc/passwd">]>${named}`, 'no feed'],
    ['tags in tags', `<rss version="2.0"><channel>${'<a>'.repeat(1_000_000)}`, 'no feed'],
    ['a tag that never ends', `<rss version="2.0"><channel>${'<a b="'.repeat(500_000)}`, 'no feed'],
    ['many attributes', `<rss version="2.0" ${attributes}></rss>`, 'no feed'],
  ])('fails with its reason for %s, and goes on when that is over', async (_what, body, why) => {
    feed.rss({ id: '1', title: 'x' });
    const id = await subscribe();
    feed.body = body;
    const before = process.cpuUsage();
    expect(await polls.poll(id)).toMatchObject({ status: 'failing', last_error: expect.stringContaining(why) });
    expect(process.cpuUsage(before).user).toBeLessThan(3_000_000);
    feed.rss({ id: '2', title: 'Two' }, { id: '1', title: 'x' });
    expect(await polls.poll(id)).toMatchObject({ status: 'active' });
    expect(await titles(id)).toEqual(['Two']);
  });
});
