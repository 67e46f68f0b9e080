import { MikroORM } from '@mikro-orm/postgresql';
import pg from 'pg';
import { newUuid } from '../src/common/public-id.js';
import { type ClaimRequest } from '../src/workflows/runs/engine/claim-statement.js';
import { EventLedger } from '../src/workflows/runs/engine/event-ledger.js';
import { RunQueue } from '../src/workflows/runs/engine/run-queue.js';
import { startApp, type TestApp } from './support/app.js';
import { makeCaller } from './support/callers.js';
import { type Client } from './support/client.js';
import { connect } from './support/database.js';
import { specOf } from './support/factories.js';
import { type Gate, startGate } from './support/gate.js';

const set = specOf([{ id: 'a', type: 'set', value: 1 }]);

/** Puts runs into the queue as an earlier process might have left them, the oldest first. */
async function queue(database: pg.Client, userId: string, count: number, spec: object = set): Promise<string[]> {
  const runIds = Array.from({ length: count }, newUuid);
  await database.query(
    `insert into workflow_run (run_id, user_id, status, source, spec, inputs, attempt)
     select run_id, $1, 'QUEUED', 'MANUAL', $2, '{}', 0 from unnest($3::uuid[]) as run_id`,
    [userId, spec, runIds],
  );
  return runIds;
}

describe('the claim', () => {
  let seer: TestApp;
  let database: pg.Client;
  let users: string[];

  beforeAll(async () => {
    // It claims nothing by itself.
    seer = await startApp({ SEER_ROLE: 'api' });
    database = await connect(seer.databaseUrl);
  });

  beforeEach(async () => {
    await database.query('truncate workflow_run cascade');
    users = [];
    for (let n = 0; n < 3; n++) users.push(String((await makeCaller(seer.app)).user.id));
  });

  afterAll(async () => {
    await database.end();
    await seer.close();
  });

  const newQueue = () => new RunQueue(seer.app.get(MikroORM).em, new EventLedger());
  const request = (more: Partial<ClaimRequest>) => ({
    workerId: newUuid(),
    count: 1,
    perUser: 100,
    rooms: {},
    ...more,
  });
  /** Claims, and tells whose runs it got, in turn of their age. */
  async function claim(from: RunQueue, more: Partial<ClaimRequest>) {
    const { runs, left } = await from.claim(request(more));
    const names = runs.map(({ user_id: userId }) => 'abc'[users.indexOf(userId)]);
    return { users: names.sort().join(''), left };
  }

  it('takes users in turn, each with the oldest run first', async () => {
    const [ofA, ofB] = [await queue(database, users[0]!, 500), await queue(database, users[1]!, 2)];
    await queue(database, users[2]!, 1);
    const from = newQueue();
    const first = await from.claim(request({ count: 4 }));
    expect(first.runs.map((run) => run.run_id)).toEqual(expect.arrayContaining([ofA[0], ofA[1], ofB[0]]));
    // The turn is with the user after the one who had the last.
    expect(await claim(from, { count: 1 })).toEqual({ users: 'b', left: 'some' });
    expect(await claim(from, { count: 3 })).toEqual({ users: 'aaa', left: 'some' });
    await queue(database, users[2]!, 1);
    expect(await claim(from, { count: 1 })).toEqual({ users: 'c', left: 'some' });
  });

  it('gives turns that others do not need to those who have runs', async () => {
    await queue(database, users[0]!, 10);
    await queue(database, users[1]!, 3);
    const from = newQueue();
    expect(await claim(from, { count: 8 })).toEqual({ users: 'aaaaabbb', left: 'some' });
    expect(await claim(from, { count: 8 })).toEqual({ users: 'aaaaa', left: 'none' });
    expect(await claim(from, { count: 8 })).toEqual({ users: '', left: 'none' });
  });

  it('leaves the runs of a user who has no room, and says so', async () => {
    await queue(database, users[0]!, 10);
    await queue(database, users[1]!, 3);
    const from = newQueue();
    const rooms = { [users[0]!]: 0 };
    expect(await claim(from, { count: 8, rooms })).toEqual({ users: 'bbb', left: 'capped' });
    expect(await claim(from, { count: 8, rooms })).toEqual({ users: '', left: 'capped' });
    expect(await claim(from, { count: 8, rooms: { [users[0]!]: 2 } })).toEqual({ users: 'aa', left: 'capped' });
    expect(await claim(from, { count: 8, perUser: 3 })).toEqual({ users: 'aaa', left: 'capped' });
    expect(await claim(from, { count: 8 })).toEqual({ users: 'aaaaa', left: 'none' });
  });

  it('leaves runs that have no place within the limit of their key', async () => {
    const runIds = await queue(database, users[0]!, 3);
    await database.query(
      `update workflow_run set concurrency_key = 'k', concurrency_limit = 1, admitted = (run_id = $1)
       where run_id in ($1, $2)`,
      [runIds[1], runIds[2]],
    );
    const { runs } = await newQueue().claim(request({ count: 10 }));
    expect(runs.map((run) => run.run_id)).toEqual(runIds.slice(0, 2));
  });

  it('never gives one run to two processes', async () => {
    const queued = (await Promise.all(users.map((userId) => queue(database, userId, 200)))).flat();
    const claimers = Array.from({ length: 6 }, newQueue);
    const claimed = await Promise.all(
      claimers.map(async (from) => {
        const runIds: string[] = [];
        for (;;) {
          const { runs } = await from.claim(request({ count: 7 }));
          if (runs.length === 0) return runIds;
          runIds.push(...runs.map((run) => run.run_id));
        }
      }),
    );
    expect(claimed.flat().sort()).toEqual([...queued].sort());
    const { rows } = await database.query('select distinct attempt from workflow_run');
    expect(rows).toEqual([{ attempt: 1 }]);
  });

  it('passes by what another process has just locked, and takes what is behind it', async () => {
    const ofA = await queue(database, users[0]!, 4);
    const ofB = await queue(database, users[1]!, 1);
    const process = await connect(seer.databaseUrl);
    await process.query('begin');
    await process.query('select 1 from workflow_run where run_id in ($1, $2) for update', [ofA[0], ofB[0]]);
    const { runs } = await newQueue().claim(request({ count: 2 }));
    expect(runs.map((run) => run.run_id)).toEqual([ofA[1]]);
    await process.query('rollback');
    await process.end();
  });
});

describe('a process', () => {
  let seer: TestApp;
  let gate: Gate;
  let database: pg.Client;
  let flood: { userId: string; client: Client };
  let guest: { userId: string; client: Client };

  async function start(variables: Record<string, string>): Promise<void> {
    seer = await startApp(variables);
    database = await connect(seer.databaseUrl);
    gate = await startGate();
    const caller = async () => {
      const { user, token } = await makeCaller(seer.app);
      return { userId: String(user.id), client: seer.stranger.as(token) };
    };
    flood = await caller();
    guest = await caller();
  }

  afterEach(async () => {
    gate.open();
    await seer.close();
    await gate.close();
    await database.end();
  });

  const run = ({ client }: { client: Client }, path: string) =>
    client.post('/v1/runs', { spec: specOf([gate.node(path)]) });

  it('gives the next free slot to a user whose turn it is, not to the one with 500 older runs', async () => {
    await start({ SEER_RUN_SLOTS: '2', SEER_RUN_SLOTS_PER_USER: '2' });
    await queue(database, flood.userId, 500, specOf([gate.node('flood')]));
    await gate.stand(2);
    expect((await run(guest, 'guest')).body.status).toBe('QUEUED');
    gate.letGo(1);
    await gate.came(1, 'guest');
    expect(gate.calls).toEqual(['flood', 'flood', 'guest']);
    await database.query(`delete from workflow_run where status = 'QUEUED'`);
  });

  it('lets one user have only so many slots, for runs that begin in place and for claimed ones', async () => {
    await start({ SEER_RUN_SLOTS: '5', SEER_RUN_SLOTS_PER_USER: '3' });
    const started: string[] = [];
    for (let n = 0; n < 5; n++) started.push((await run(flood, 'flood')).body.status);
    expect(started.filter((status) => status === 'RUNNING').length).toBeLessThanOrEqual(3);
    await queue(database, flood.userId, 20, specOf([gate.node('flood')]));
    await run(guest, 'guest');
    await run(guest, 'guest');
    await gate.stand(5);
    expect(gate.calls.filter((path) => path === 'guest')).toHaveLength(2);
    // Whatever comes free now is claimed, and never more than three at a time.
    gate.letGo(5);
    for (let n = 8; n <= 23; n++) {
      await gate.came(n);
      expect(gate.standing).toBeLessThanOrEqual(3);
      gate.letGo(1);
    }
    gate.open();
    await gate.came(27);
  });

  it('by default keeps a fifth of its slots for other users', async () => {
    await start({ SEER_RUN_SLOTS: '6' });
    await queue(database, flood.userId, 20, specOf([gate.node('flood')]));
    await gate.stand(5);
    await run(guest, 'guest');
    await gate.came(1, 'guest');
    expect(gate.calls.filter((path) => path === 'flood')).toHaveLength(5);
    gate.open();
    await gate.came(21);
  });
});
