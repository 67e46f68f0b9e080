import { jest } from '@jest/globals';
import { DriverException } from '@mikro-orm/core';
import { MikroORM } from '@mikro-orm/postgresql';
import { RunSweeper } from '../src/workflows/runs/engine/run-sweeper.js';
import { startApp, type TestApp } from './support/app.js';
import { RunTargets } from '../src/workflows/runs/run-target.js';
import { connect, query } from './support/database.js';
import { makePublished, makeWorkflow, runSpec, specOf } from './support/factories.js';
import { uuidOf } from './support/findings.js';
import { type RunJson, untilRun } from './support/runs.js';

let seer: TestApp;

beforeAll(async () => {
  seer = await startApp();
});

afterAll(() => seer.close());

const doubler = specOf([{ id: 'd', type: 'set', value: '${inputs.n * 2}' }], {
  inputs: { type: 'object', required: ['n'], properties: { n: { type: 'integer' } } },
});
const run = (workflow: string, more: object = {}) => ({ id: 'c', type: 'workflow', workflow_id: workflow, ...more });

describe('a workflow node', () => {
  it('gives what the child gave, which is a run of its own', async () => {
    const child = await makePublished(seer.admin, doubler);
    const ended = await runSpec(seer.admin, specOf([run(child, { inputs: { n: '${inputs.n}' } })]), { n: 4 });
    expect(ended).toMatchObject({ status: 'COMPLETED', outputs: 8 });
    const { items } = (await seer.admin.get(`/v1/runs?workflow_id=${child}`)).body;
    expect(items).toMatchObject([{ status: 'COMPLETED', parent_run_id: ended.run_id, version_number: 1 }]);
  });

  it('waits for a child that waits, without a worker', async () => {
    const child = await makePublished(seer.admin, specOf([{ id: 'ok', type: 'approval', title: 'Sure?' }]));
    const parent = (await seer.admin.post('/v1/runs', { spec: specOf([run(child)], { output: '${c.approved}' }) }))
      .body;
    const waiting = await untilRun(seer.admin, parent.run_id, ['WAITING']);
    const childId = waiting.waiting_for![0]!.run_id!;
    expect(waiting.waiting_for).toMatchObject([{ path: 'c', type: 'workflow' }]);
    expect((await seer.admin.post(`/v1/runs/${parent.run_id}/resume`, {})).status).toBe(409);
    await seer.admin.post(`/v1/runs/${childId}/resume`, { value: { approved: true } });
    expect((await untilRun(seer.admin, parent.run_id, ['COMPLETED'])).outputs).toBe(true);
  });

  it('can be many at a time, each with its item', async () => {
    const child = await makePublished(seer.admin, doubler);
    const nodes = [run(child, { inputs: { n: '${x}' } })];
    const items = '[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]';
    const each = { id: 'e', type: 'for_each', items, as: 'x', max_concurrency: 4, nodes };
    const parent = (await seer.admin.post('/v1/runs', { spec: specOf([each]) })).body.run_id;
    const ended = await untilRun(seer.admin, parent, ['COMPLETED']);
    expect(ended.outputs).toEqual([2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24]);
    expect((await seer.admin.get(`/v1/runs?workflow_id=${child}`)).body.items).toHaveLength(12);
  });

  it('fails with what the child failed with; each attempt is another child', async () => {
    const child = await makePublished(seer.admin, specOf([{ id: 'no', type: 'fail', message: 'out of paper' }]));
    const retry = { max_attempts: 2, initial_interval: '1ms' };
    const parent = (await seer.admin.post('/v1/runs', { spec: specOf([run(child, { retry })]) })).body.run_id;
    const ended = await untilRun(seer.admin, parent, ['FAILED']);
    expect(ended.error).toContain('out of paper');
    expect(ended.error_detail).toMatchObject({
      code: 'workflow-failed',
      node_id: 'c',
      attempt: 2,
      problem: { error: { code: 'failed', node_id: 'no' } },
    });
    expect((await seer.admin.get(`/v1/runs?workflow_id=${child}`)).body.items).toHaveLength(2);
  });

  describe('whose run is over before its child', () => {
    const approval = specOf([{ id: 'ok', type: 'approval', title: 'Go?' }]);

    /** The only run of the workflow. */
    const childOf = async (workflow: string, status: string): Promise<RunJson> => {
      const { run_id: runId } = (await seer.admin.get(`/v1/runs?workflow_id=${workflow}`)).body.items[0];
      return untilRun(seer.admin, runId, [status]);
    };

    it('leaves no child behind: it is cancelled', async () => {
      const child = await makePublished(seer.admin, approval);
      const branches = {
        one: [run(child)],
        two: [
          { id: 'wait', type: 'wait', for: '300ms' },
          { id: 'enough', type: 'stop' },
        ],
      };
      const spec = specOf([{ id: 'p', type: 'parallel', branches }]);
      const parent = (await seer.admin.post('/v1/runs', { spec })).body.run_id;
      await untilRun(seer.admin, parent, ['COMPLETED']);
      expect((await childOf(child, 'CANCELLED')).error).toBe('The run that waited for this one is over.');
    });

    it('is looked for, should a process have died between the two', async () => {
      const child = await makePublished(seer.admin, approval);
      const parent = (await seer.admin.post('/v1/runs', { spec: specOf([run(child)]) })).body.run_id;
      await untilRun(seer.admin, parent, ['WAITING']);
      const sweeper = seer.app.get(RunSweeper);
      expect(await sweeper.cancelOrphans()).toEqual([]);
      await query(seer.databaseUrl, `update workflow_run set status = 'FAILED' where run_id = '${uuidOf(parent)}'`);
      expect(await sweeper.cancelOrphans()).toHaveLength(1);
      expect((await childOf(child, 'CANCELLED')).error).toBe('The run that waited for this one is over.');
    });
  });

  it('is not to blame when the database goes away: its run is executed again', async () => {
    const child = await makePublished(seer.admin, doubler);
    const { em } = seer.app.get(MikroORM);
    const lost: unknown = await em
      .fork()
      .execute(`do $$ begin raise 'the database system is shutting down' using errcode = '57P01'; end $$`)
      .catch((error: unknown) => error);
    expect(lost).toBeInstanceOf(DriverException);
    const looking = jest.spyOn(seer.app.get(RunTargets), 'ofVersion').mockRejectedValueOnce(lost);
    const parent = await seer.admin.post('/v1/runs', { spec: specOf([run(child, { inputs: { n: 4 } })]) });
    const [queued] = await query(seer.databaseUrl, 'select run_id from workflow_run order by id desc limit 1');
    const ended = await untilRun(seer.admin, parent.body.run_id ?? `run_${queued.run_id}`, ['COMPLETED', 'FAILED']);
    expect(ended).toMatchObject({ status: 'COMPLETED', outputs: 8 });
    expect(looking).toHaveBeenCalledTimes(2);
    looking.mockRestore();
  });

  it('fails when there is nothing to run, or it cannot be run with these inputs', async () => {
    const unpublished = await makeWorkflow(seer.admin, doubler);
    const child = await makePublished(seer.admin, doubler);
    const unknown = 'wf_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b';
    for (const [node, code] of [
      [run(unknown), 'workflow-not-found'],
      [run(unpublished), 'workflow-not-published'],
      [run(child, { version: 7 }), 'version-not-found'],
      [run(child, { inputs: { n: 'x' } }), 'input-invalid'],
    ] as const) {
      const ended = await runSpec(seer.admin, specOf([node]));
      expect(ended).toMatchObject({ status: 'FAILED', error_detail: { code, node_id: 'c' } });
    }
  });

  it('that runs its own workflow ends with depth-exceeded at the eighth', async () => {
    const id = await makeWorkflow(seer.admin, specOf([]));
    const { body } = await seer.admin.get(`/v1/workflows/${id}/draft`);
    const change = { base_revision: body.revision, spec: specOf([run(id)]) };
    await seer.admin.patch(`/v1/workflows/${id}/draft`, change);
    await seer.admin.post(`/v1/workflows/${id}/publish`, {});
    const top = (await seer.admin.post(`/v1/workflows/${id}/runs`, {})).body.run_id;
    const ended = await untilRun(seer.admin, top, ['FAILED']);
    expect(JSON.stringify(ended.error_detail)).toContain('depth-exceeded');
    expect((await seer.admin.get(`/v1/runs?workflow_id=${id}`)).body.items).toHaveLength(8);
  });

  it.each([
    ['before', 'b', 'c'],
    ['after', 'b', 'a'],
  ])('of a parent that fails is cancelled, whether it stands %s what fails', async (_where, its, failing) => {
    const child = await makePublished(seer.admin, specOf([{ id: 'w', type: 'wait', for: '1d' }]));
    const branches = {
      [its]: [run(child)],
      [failing]: [
        { id: 'w', type: 'wait', for: '300ms' },
        { id: 'no', type: 'fail', message: 'no' },
      ],
    };
    const parent = (await seer.admin.post('/v1/runs', { spec: specOf([{ id: 'p', type: 'parallel', branches }]) }))
      .body;
    await untilRun(seer.admin, parent.run_id, ['FAILED']);
    const { items } = (await seer.admin.get(`/v1/runs?workflow_id=${child}`)).body;
    await untilRun(seer.admin, items[0].run_id, ['CANCELLED']);
  });

  it('does not lose the end of its child, whatever becomes of the message', async () => {
    const child = await makePublished(seer.admin, specOf([{ id: 'w', type: 'wait', for: '1d' }]));
    const parent = (await seer.admin.post('/v1/runs', { spec: specOf([run(child)]) })).body.run_id;
    const waiting = await untilRun(seer.admin, parent, ['WAITING']);
    const childId = waiting.waiting_for![0]!.run_id!;
    await seer.admin.post(`/v1/runs/${childId}/cancel`);
    const database = await connect(seer.databaseUrl);
    const { rows } = await database.query<{ answers: unknown }>('select answers from workflow_run where run_id = $1', [
      parent.slice('run_'.length),
    ]);
    await database.end();
    expect(rows[0]!.answers).toMatchObject([{ path: 'c', value: { status: 'CANCELLED' } }]);
    const ended = await untilRun(seer.admin, parent, ['FAILED']);
    expect(ended.error_detail).toMatchObject({ code: 'workflow-cancelled', problem: { run_id: childId } });
  });
});
