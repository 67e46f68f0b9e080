import pg from 'pg';
import { newUuid } from '../src/common/public-id.js';
import { EventLedger } from '../src/workflows/runs/engine/event-ledger.js';
import { GroupCommitter, type Write } from '../src/workflows/runs/engine/group-committer.js';
import { type NewRun, type RunEnd, type RunOutcome, type StepRow } from '../src/workflows/runs/engine/rows.js';
import { connect, createTestDatabase } from './support/database.js';

const NOBODY = '999999999';
let url: string;
let behind: pg.Client;
let userId: string;
let committer: GroupCommitter;

beforeAll(async () => {
  url = await createTestDatabase();
  behind = await connect(url);
  const { rows } = await behind.query<{ id: string }>(
    `insert into "user" (user_id, issuer, email, role) values ('u', 'i', 'e', 'member') returning id`,
  );
  userId = rows[0]!.id;
  committer = new GroupCommitter(
    { url, port: 0, close: async () => {} },
    { engine: {}, api: undefined },
    new EventLedger(),
  );
});

afterAll(async () => {
  await committer.onApplicationShutdown();
  await behind.end();
});

const claim = { workerId: newUuid(), fence: 1, startedAt: Date.now() };

function newRun(more: Partial<NewRun> = {}): NewRun {
  const createdAt = Date.now();
  const of = { userId, workflowId: null, versionId: null, config: null, source: 'MANUAL' as const };
  return { runId: newUuid(), ...of, spec: '{}', inputs: '{}', createdAt, ...more };
}

const birth = (run: NewRun): Write => ({ kind: 'new', run, claim, steps: [] });

function step(path: string, attempt = 1): StepRow {
  const now = Date.now();
  const times = { startedAt: now, completedAt: now };
  return { nodeId: path, path, attempt, seq: 1, status: 'COMPLETED', inputs: null, output: '1', ...times };
}

function progress(runId: string, paths: string[], more: { fence?: number; outcome?: RunOutcome } = {}): Write {
  return { kind: 'progress', runId, fence: 1, steps: paths.map((path) => step(path)), ...more };
}

function over(status: RunEnd['status'] = 'COMPLETED'): RunEnd {
  return { status, outputs: '2', error: null, errorDetail: null, completedAt: Date.now() };
}

async function started(): Promise<string> {
  const run = newRun();
  expect(await committer.commit(birth(run))).toBe(true);
  return run.runId;
}

async function stateOf(runId: string) {
  const { rows } = await behind.query(
    `select status, worker_id is not null as held, outputs, array(
       select path from workflow_run_step s where s.run_id = r.run_id order by path) as paths
     from workflow_run r where run_id = $1`,
    [runId],
  );
  return rows[0] as unknown;
}

describe('the group committer', () => {
  it('makes a run, its steps and its end durable in one write', async () => {
    const run = newRun();
    const write: Write = { kind: 'new', run, claim, steps: [step('a'), step('b')], outcome: over() };
    expect(await committer.commit(write)).toBe(true);
    expect(await stateOf(run.runId)).toEqual({ status: 'COMPLETED', held: false, outputs: 2, paths: ['a', 'b'] });
  });

  it('keeps the steps of a run and its end, written one after the other', async () => {
    const runId = await started();
    expect(await committer.commit(progress(runId, ['a']))).toBe(true);
    expect(await stateOf(runId)).toMatchObject({ status: 'RUNNING', held: true, paths: ['a'] });
    expect(await committer.commit(progress(runId, ['b', 'c'], { outcome: over() }))).toBe(true);
    expect(await stateOf(runId)).toMatchObject({ status: 'COMPLETED', paths: ['a', 'b', 'c'] });
  });

  it('lets one write that the database refuses fail alone', async () => {
    const runs = Array.from({ length: 50 }, (_, n) => newRun(n === 20 ? { userId: NOBODY } : {}));
    const results = await Promise.allSettled(runs.map((run) => committer.commit(birth(run))));
    const failed = results.flatMap((result, n) => (result.status === 'rejected' ? [n] : []));
    expect(failed).toEqual([20]);
    expect(results[20]).toMatchObject({ reason: { code: '23503' } });
    const { rows } = await behind.query('select count(*)::int as kept from workflow_run where run_id = any($1)', [
      runs.map(({ runId }) => runId),
    ]);
    expect(rows[0]).toEqual({ kept: 49 });
  });

  it('refuses what a process writes to a run that it holds no longer', async () => {
    const runId = await started();
    await behind.query('update workflow_run set attempt = 2 where run_id = $1', [runId]);
    expect(await committer.commit(progress(runId, ['old']))).toBe(false);
    expect(await committer.commit(progress(runId, ['old'], { outcome: over('FAILED') }))).toBe(false);
    expect(await stateOf(runId)).toMatchObject({ status: 'RUNNING', paths: [] });
    expect(await committer.commit(progress(runId, ['new'], { fence: 2, outcome: over() }))).toBe(true);
    expect(await stateOf(runId)).toMatchObject({ status: 'COMPLETED', paths: ['new'] });
  });

  it('tells the audit what credential was used, also by a run that is held no longer, or gone with its user', async () => {
    const used = async (write: Write, uses: Write['uses']): Promise<unknown[]> => {
      const before = await behind.query('select entry_id from audit_entry');
      await committer.commit({ ...write, uses });
      const { rows } = await behind.query(
        `select action, object_id, actor_kind, actor_subject, details ->> 'node_id' as node_id from audit_entry
          where entry_id <> all($1) order by entry_id`,
        [before.rows.map(({ entry_id: id }) => id as string)],
      );
      return rows;
    };
    const use = { kind: 'connection' as const, id: 'conn_1', nodeId: 'send', userId };
    const entry = {
      action: 'connection.used',
      object_id: 'conn_1',
      actor_kind: 'run',
      actor_subject: 'u',
      node_id: 'send',
    };
    const runId = await started();
    expect(await used(progress(runId, ['send']), [use])).toEqual([entry]);
    expect(await used(progress(runId, ['late'], { fence: 7 }), [use])).toEqual([entry]);
    expect(await used(progress(runId, []), [use])).toEqual([entry]);
    const gone = { ...use, userId: NOBODY };
    expect(await used(progress(newUuid(), ['late']), [gone])).toEqual([{ ...entry, actor_subject: null }]);
    expect(await used(progress(runId, ['other']), [])).toEqual([]);
  });

  it('ends a run once, and writes nothing to a run that is over or gone', async () => {
    const runId = await started();
    const ends = [over('COMPLETED'), over('FAILED'), over('CANCELLED')];
    const reached: boolean[] = [];
    for (const outcome of ends) reached.push(await committer.commit(progress(runId, [], { outcome })));
    expect(reached).toEqual([true, false, false]);
    expect(await committer.commit(progress(runId, ['late']))).toBe(false);
    expect(await committer.commit(progress(newUuid(), ['late'], { outcome: over() }))).toBe(false);
    expect(await stateOf(runId)).toMatchObject({ status: 'COMPLETED', paths: [] });
  });

  it('lets a parent go on whose child ends at the very moment at which the parent begins to wait', async () => {
    const parentId = await started();
    const child = newRun({ parent: { runId: parentId, path: 'child', depth: 1 } });
    await committer.commit(birth(child));
    const pause = { type: 'workflow' as const, node_id: 'child', run_id: child.runId };
    const wakeAt = Date.now() + 60_000;
    const outcome: RunOutcome = {
      ...{ status: 'WAITING', waitingFor: { child: pause }, wakeAt, ranMs: 1, answers: 0 },
    };
    const writes = [
      progress(parentId, [], { outcome }),
      { ...progress(child.runId, [], { outcome: over() }), parentId },
    ];
    expect(await Promise.all(writes.map((write) => committer.commit(write)))).toEqual([true, true]);
    expect(await stateOf(parentId)).toMatchObject({ status: 'QUEUED' });
    expect(await stateOf(child.runId)).toMatchObject({ status: 'COMPLETED' });
  });

  it('keeps one of the runs that come with the same idempotency key at once', async () => {
    const idempotency = { key: 'once', requestHash: Buffer.alloc(32) };
    const runs = Array.from({ length: 20 }, () => newRun({ idempotency }));
    const others = Array.from({ length: 20 }, () => newRun());
    const kept = await Promise.all([...runs, ...others].map((run) => committer.commit(birth(run))));
    expect(kept.slice(0, 20).filter(Boolean)).toHaveLength(1);
    expect(kept.slice(20).every(Boolean)).toBe(true);
    const { rows } = await behind.query(`select location from idempotency_record where key = 'once'`);
    expect(rows).toEqual([{ location: runs[kept.indexOf(true)]!.runId }]);
    expect(await committer.commit(birth(newRun({ idempotency })))).toBe(false);
  });

  it('says so when the database goes away, and goes on when it is back', async () => {
    const runIds = await Promise.all(Array.from({ length: 20 }, started));
    let killing = true;
    const kill = (async () => {
      while (killing) {
        await behind.query(
          `select pg_terminate_backend(pid) from pg_stat_activity
           where application_name = 'seer commit' and datname = current_database()`,
        );
      }
    })();
    const answers: (boolean | string)[] = [];
    for (let round = 0; round < 20; round++) {
      const writes = runIds.map((runId) => committer.commit(progress(runId, [`n${round}`])));
      const settled = await Promise.allSettled(writes);
      answers.push(...settled.map((one) => (one.status === 'fulfilled' ? one.value : (one.reason.code as string))));
    }
    killing = false;
    await kill;
    expect(new Set(answers)).toEqual(new Set([...(answers.includes(true) ? [true] : []), 'database-unavailable']));
    const confirmed = answers.filter((answer) => answer === true).length;
    const { rows } = await behind.query<{ steps: number }>(
      'select count(*)::int as steps from workflow_run_step where run_id = any($1)',
      [runIds],
    );
    // What was confirmed is there; what was not may be.
    expect(rows[0]!.steps).toBeGreaterThanOrEqual(confirmed);
    // A connection that was killed while it was idle may still be handed out once.
    await committer.commit(birth(newRun())).catch(() => {});
    for (const runId of runIds) expect(await committer.commit(progress(runId, [], { outcome: over() }))).toBe(true);
  });
});
