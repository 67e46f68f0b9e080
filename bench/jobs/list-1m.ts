import { type SoloJob } from '../support/bench-job.js';
import { inTurns, MillionRuns, shuffled } from '../support/million-runs.js';
import { type Seer } from '../support/seer.js';
import { rate, type Result, round } from '../support/statistics.js';
import { compared } from './read-by-id.js';

interface Page {
  items: { run_id: string }[];
  next_cursor: string | null;
}

/** Where each page begins. */
interface Place {
  readonly cursor: string;
  /** The uuid of the last run of the page before. */
  readonly after: string;
}

const ROWS = 100_000;
const LIMIT = 50;

/** With which filters pages are asked for, besides those without. */
const filters = [
  'status=FAILED',
  'source=FORM',
  'status=COMPLETED&source=MANUAL',
  'created_before=2099-01-01T00:00:00Z',
];

export const list1m: SoloJob = {
  name: 'list-1m',
  about: 'pages of 50 runs among 1,000,000, beside bare node:http and pg; 100,000 rows paged through',
  async *run(context) {
    const million = await MillionRuns.start(context);
    const { seer, bareUrl } = million;
    try {
      const { places, seconds } = await walk(seer, `/v1/runs?limit=100`, ROWS);
      yield { job: 'list-1m', of: `${ROWS} rows paged through, 100 a page`, count: ROWS, seconds };
      const { places: all, seconds: allSeconds } = await walk(seer, `/v1/runs?limit=100`, Infinity);
      yield { job: 'list-1m', of: 'all of them', count: all.length * 100, seconds: allSeconds };
      const anywhere = shuffled(places);
      const last = all.at(-1)!;
      for (const concurrency of context.concurrency) {
        const ask = (path: string | (() => string)) => ({
          url: seer.url,
          headers: seer.headers,
          path,
          status: 200,
          concurrency,
        });
        const ours = [
          ask(() => `/v1/runs?limit=${LIMIT}&cursor=${anywhere().cursor}`),
          ask(`/v1/runs?limit=${LIMIT}`),
          ask(`/v1/runs?limit=${LIMIT}&cursor=${last.cursor}`),
          ...filters.map((filter) => ask(`/v1/runs?limit=${LIMIT}&${filter}`)),
        ];
        const bare = { url: bareUrl, path: () => `/page/${anywhere().after}`, status: 200, concurrency };
        const [floor, any, ...others] = await inTurns([bare, ...ours], context.seconds);
        yield* compared(
          { ...rate('list-1m', concurrency, any!), of: 'any page' },
          { ...rate('list-1m', concurrency, floor!), of: 'any page' },
        );
        const names = ['first page', 'last page', ...filters];
        for (const [index, name] of names.entries()) yield named(rate('list-1m', concurrency, others[index]!), name);
      }
    } finally {
      await million.stop();
    }
  },
};

function named(result: Result, of: string): Result {
  return { ...result, of };
}

async function walk(seer: Seer, path: string, rows: number): Promise<{ places: Place[]; seconds: number }> {
  const places: Place[] = [];
  const start = performance.now();
  let cursor: string | null = '';
  for (let seen = 0; cursor !== null && seen < rows;) {
    const page: Page = await seer.get<Page>(cursor ? `${path}&cursor=${cursor}` : path);
    seen += page.items.length;
    cursor = page.next_cursor;
    if (cursor) places.push({ cursor, after: page.items.at(-1)!.run_id.slice('run_'.length) });
  }
  return { places, seconds: round((performance.now() - start) / 1_000) };
}
