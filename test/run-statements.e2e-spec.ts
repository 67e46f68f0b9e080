import pg from 'pg';
import { startApp, type TestApp } from './support/app.js';
import { makePublished, specOf } from './support/factories.js';
import { json, type Peer, startPeer } from './support/peer.js';
import { makeResource } from './support/resources.js';

let seer: TestApp;
let peer: Peer;
/** The statements of all pools of this process, except those that come by the clock. */
let statements: string[] = [];
const real = pg.Client.prototype.query;

beforeAll(async () => {
  peer = await startPeer((_request, response) => json(response, 1));
  seer = await startApp();
  pg.Client.prototype.query = function (this: pg.Client, ...args: Parameters<typeof real>) {
    const [query] = args as unknown as [string | { text: string }];
    const text = typeof query === 'string' ? query : query.text;
    if (!/pgboss|run_worker|api_key|for update skip locked|worker_id = \$1|next_fire_at|is_any/.test(text))
      statements.push(text);
    return (real as (...all: unknown[]) => unknown).apply(this, args);
  } as typeof real;
});

afterAll(async () => {
  pg.Client.prototype.query = real;
  await seer.close();
  await peer.close();
});

const call = (id: string) => ({ id, type: 'tool', tool: 'http.request', inputs: { method: 'POST', url: peer.url } });
const set = (id: string) => ({ id, type: 'set', value: 1 });

/** What one run costs when everything is warm. */
async function costOf(nodes: unknown[], mode: 'sync' | 'async'): Promise<string[]> {
  const path = `/v1/workflows/${await makePublished(seer.admin, specOf(nodes))}/runs?mode=${mode}`;
  const once = () => seer.admin.post(path, {}, { connection: 'close' });
  for (let warm = 0; warm < 12; warm++) await once();
  statements = [];
  const { status } = await once();
  expect(status).toBe(mode === 'sync' ? 200 : 202);
  return statements;
}

/** Statements may not creep up unseen: each is a round trip, and most are a commit that waits for the disk. */
describe('a run costs', () => {
  it.each(['sync', 'async'] as const)(
    'two statements when it only computes: the look-up and the commit (%s)',
    async (mode) => {
      const cost = await costOf([set('a'), set('b'), set('c')], mode);
      expect(cost.map(kindOf)).toEqual(['look-up', 'commit']);
    },
  );

  it('one commit for its birth, and one for each effect; the end rides with the last', async () => {
    const cost = await costOf(['a', 'b', 'c', 'd', 'e'].map(call), 'sync');
    expect(cost.map(kindOf)).toEqual(['look-up', ...Array<string>(6).fill('commit')]);
  });

  it('no more for what computes between effects', async () => {
    const cost = await costOf([set('s'), call('a'), set('t'), set('u'), call('b'), set('v')], 'sync');
    expect(cost.map(kindOf)).toEqual(['look-up', 'commit', 'commit', 'commit']);
  });

  it('no more for the audit: that a credential is used rides with the step', async () => {
    const resource = await makeResource(seer.admin, 'http_api', { base_url: peer.url }, { key: 'k' });
    const cost = await costOf(
      [
        { ...call('a'), resource },
        { ...call('b'), resource },
      ],
      'sync',
    );
    const commits = cost.filter((statement) => kindOf(statement) === 'commit');
    expect(commits.map((statement) => statement.includes('audit_entry'))).toEqual([false, true, false]);
    expect(cost.filter((statement) => statement.includes('audit_entry'))).toHaveLength(1);
  });
});

function kindOf(statement: string): string {
  if (statement.trimStart().startsWith('select w.id')) return 'look-up';
  return /insert into workflow_run|update workflow_run/.test(statement) ? 'commit' : statement;
}
