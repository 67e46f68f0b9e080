import { CursorCodec } from '../src/common/http/paging/cursor.js';
import { startApp, type TestApp } from './support/app.js';
import { connect } from './support/database.js';
import { makePublished, specOf } from './support/factories.js';
import { seedRuns } from './support/many-runs.js';
import { Statements, type Work } from './support/statements.js';

/** `npm run test:scale` has a million; from a hundred thousand on plans are the same. */
const RUNS = Number(process.env.SEER_SCALE_RUNS ?? 100_000);
const PAGE = 51;
/** What a page may read of large tables: rows, and pages of 8 KB. */
const MOST: Work = { rows: 10 * PAGE, buffers: 600 };

let seer: TestApp;
let statements: Statements;
let userId: string;
/** Ids to ask with. */
const known: Record<string, string> = {};

beforeAll(async () => {
  // It would execute what is seeded.
  seer = await startApp({ SEER_ROLE: 'api' });
  known.workflow = await makePublished(
    seer.admin,
    specOf(['a', 'b', 'c'].map((id) => ({ id, type: 'set', value: 1 }))),
  );
  const behind = await connect(seer.databaseUrl);
  userId = (await behind.query<{ id: string }>('select min(id) as id from "user"')).rows[0]!.id;
  await seedRuns(seer.databaseUrl, userId, { runs: RUNS, stepsOfEach: 10, events: RUNS / 2 });
  const { rows } = await behind.query<{ id: string; kind: string }>(
    `select 'wf_' || max(workflow_id::text) as id, 'seeded_workflow' as kind from workflow where user_id = $1
     union all select 'sub_' || max(subscription_id::text), 'subscription' from trigger_subscription where user_id = $1
     union all select 'run_' || max(run_id::text), 'run' from workflow_run where user_id = $1 and id % 10 = 0 and status = 'COMPLETED'
     union all select 'evt_' || max(event_id::text), 'event' from trigger_event where user_id = $1
     union all select (select min(created_at) + (max(created_at) - min(created_at)) / 2 from workflow_run)::text, 'moment'`,
    [userId],
  );
  for (const { id, kind } of rows) known[kind] = id;
  known.moment = new Date(known.moment!).toISOString();
  await behind.end();
  statements = await Statements.listen(seer.databaseUrl, userId);
});

afterAll(async () => {
  await statements?.close();
  await seer?.close();
});

/** Filters of a list, each with the values that it is asked with; `undefined` is without it. */
type Filters = Readonly<Record<string, readonly (string | undefined)[]>>;

interface List {
  readonly path: () => string;
  readonly filters?: () => Filters;
  /** How a cursor is made that leads to the end of the list: which list it is of, and where the last row lies. */
  readonly end?: { readonly list: string; readonly last: string };
}

const times = () => ({ created_after: [undefined, known.moment], created_before: [undefined, known.moment] });
const few = (path: string): List => ({ path: () => path });
const ofRun = (what: string): List => ({ path: () => `/v1/runs/${known.run}/${what}` });

/** Every list of the API. `few`: of one owner there are not many. */
const lists: Readonly<Record<string, List>> = {
  '/v1/runs': {
    path: () => '/v1/runs',
    filters: () => ({
      workflow_id: [undefined, known.seeded_workflow],
      status: [undefined, 'COMPLETED', 'FAILED', 'RUNNING', 'COMPLETED,FAILED'],
      source: [undefined, 'FORM'],
      version: [undefined, '1'],
      ...times(),
    }),
    end: {
      list: 'runs',
      last: 'select run_id as id from workflow_run where user_id = $1 order by run_id offset 5 limit 1',
    },
  },
  '/v1/trigger-events': {
    path: () => '/v1/trigger-events',
    filters: () => ({
      subscription_id: [undefined, known.subscription],
      verdict: [undefined, 'accepted', 'failed', 'accepted,failed', 'rejected'],
      ...times(),
    }),
    end: {
      list: 'trigger events',
      last: 'select event_id as id from trigger_event where user_id = $1 order by event_id offset 5 limit 1',
    },
  },
  '/v1/runs/{id}/steps': ofRun('steps'),
  '/v1/runs/{id}/checkpoints': ofRun('checkpoints'),
  '/v1/api-keys': few('/v1/api-keys'),
  '/v1/integrations/connections': few('/v1/integrations/connections'),
  '/v1/integrations/resources': few('/v1/integrations/resources'),
  '/v1/trigger-subscriptions': few('/v1/trigger-subscriptions'),
  '/v1/workflows': few('/v1/workflows'),
  '/v1/workflows/{id}/proposals': { path: () => `/v1/workflows/${known.workflow}/proposals` },
  '/v1/workflows/{id}/versions': { path: () => `/v1/workflows/${known.workflow}/versions` },
};

/** What is looked up by an id, besides. */
const lookUps = (): string[] => [
  `/v1/runs/${known.run}`,
  `/v1/runs/${known.run}?include=spec`,
  `/v1/runs/${known.run}/output`,
  `/v1/runs/${known.run}/explain`,
  `/v1/trigger-events/${known.event}`,
  `/v1/trigger-subscriptions/${known.subscription}`,
  `/v1/workflows/${known.seeded_workflow}`,
  '/v1/runs/run_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b',
];

/** Each combination of one value for each filter. */
function combinations(filters: Filters): Record<string, string>[] {
  return Object.entries(filters).reduce<Record<string, string>[]>(
    (made, [name, values]) =>
      made.flatMap((one) => values.map((value) => (value === undefined ? one : { ...one, [name]: value }))),
    [{}],
  );
}

/** Filters as the service has them, for which cursors are good. */
function filterOf(query: Record<string, string>): object {
  return Object.fromEntries(
    Object.entries(query).map(([name, value]) => {
      if (name === 'status' || name === 'verdict') return [name, value.split(',')];
      return [name, name === 'version' ? Number(value) : value];
    }),
  );
}

async function costOf(path: string): Promise<Work> {
  const [status, work] = await statements.workOf(async () => (await seer.admin.get(path)).status);
  if (status !== 200 && status !== 404) throw new Error(`GET ${path} → ${status}`);
  return work;
}

const isTooMuch = ({ rows, buffers }: Work): boolean => rows > MOST.rows || buffers > MOST.buffers;

describe(`among ${RUNS} runs`, () => {
  it('every list of the API is known here', async () => {
    // What is browsed at a provider is not ours.
    const foreign = '/v1/integrations/{provider}/resources/{resource_type}';
    const document = (await seer.stranger.get('/openapi.json')).body;
    const found = Object.entries<any>(document.paths)
      .filter(([path]) => !path.startsWith('/v1/admin'))
      .filter(([, { get }]) => {
        const name = get?.responses[200]?.content?.['application/json']?.schema?.$ref?.split('/').at(-1);
        return name && 'next_cursor' in (document.components.schemas[name].properties ?? {});
      })
      .map(([path]) => path);
    expect(found.sort()).toEqual([...Object.keys(lists), foreign].sort());
  });

  it.each(Object.keys(lists))(
    'the first page of %s and the last read a few pages of an index, whatever the filter',
    async (name) => {
      const { path, filters = () => ({}), end } = lists[name]!;
      const last = end && (await statements.ask<{ id: string }>(end.last, [userId]))[0]!.id;
      const tooMuch: unknown[] = [];
      for (const query of combinations(filters())) {
        if (query.version && !query.workflow_id) continue;
        const scope = end && { owner: userId, list: end.list, filter: filterOf(query) };
        const cursor = scope && seer.app.get(CursorCodec).encode([last!], scope);
        for (const page of [query, ...(cursor ? [{ ...query, cursor }] : [])]) {
          const work = await costOf(`${path()}?${new URLSearchParams(page).toString()}`);
          if (isTooMuch(work)) tooMuch.push({ query, isLast: page !== query, ...work });
        }
      }
      expect(tooMuch).toEqual([]);
    },
  );

  it('what has an id is found by it', async () => {
    const tooMuch: unknown[] = [];
    for (const path of lookUps()) {
      const work = await costOf(path);
      if (isTooMuch(work)) tooMuch.push({ path, ...work });
    }
    expect(tooMuch).toEqual([]);
  });

  it.each(['workflow', 'trigger_subscription', 'user'])('deleting a %s scans no large table', async (table) => {
    const [row] = await statements.ask<{ id: string }>(`select max(id) as id from "${table}" where id <> $1`, [userId]);
    expect(await statements.scannedBy(`delete from "${table}" where id = $1`, [row!.id])).toEqual([]);
  });
});
