import { effects, execute, flakyCalls, MemoryJournal, set } from './memory-journal.spec-helper.js';
import { type StepRecord } from './run-context.js';

const tool = (id: string, name: string, inputs: object = {}, more: object = {}) => ({
  id,
  type: 'tool',
  tool: name,
  inputs,
  ...more,
});
const each = (items: string, nodes: unknown[], more: object = {}) => ({
  id: 'all',
  type: 'for_each',
  items,
  as: 'x',
  nodes,
  ...more,
});

beforeEach(() => {
  effects.length = 0;
  flakyCalls.clear();
});

describe('when one lane fails', () => {
  const failsFirst = [
    { id: 'odd', type: 'if', condition: 'x == 1', then: [tool('soon', 'slow', { ms: 30 }), tool('bad', 'broken')] },
    tool('work', 'slow', { ms: 60_000 }),
  ];

  it('the others stop at once, and those that wait do not begin', async () => {
    const { failure, steps } = await execute([each('[2, 1, 3, 4, 5]', failsFirst, { max_concurrency: 2 })]);
    expect(failure).toMatchObject({ detail: { code: 'upstream-error', node_id: 'bad', path: 'bad[1]' } });
    expect([...effects].sort()).toEqual(['bad[1]', 'soon[1]', 'work[0]']);
    // Stopping is not a failure of the node that was stopped.
    expect(steps).not.toContain('work[0] 1 FAILED');
  });

  it('nothing runs any more when on_error begins, also not what hears no signal', async () => {
    const fails = [tool('soon', 'deaf', { after: 'work[0]' }), tool('bad', 'broken')];
    const failsOnceWorking = { id: 'odd', type: 'if', condition: 'x == 1', then: fails };
    const nodes = [
      each('[2, 1]', [failsOnceWorking, tool('work', 'deaf', { after: 'bad[1]', ms: 5 }), tool('more', 'echo')], {
        on_error: [tool('rest', 'deaf', { ms: 5 })],
      }),
    ];
    const { steps } = await execute(nodes);
    expect([...effects].sort()).toEqual(['bad[1]', 'rest', 'soon[1]', 'work[0]']);
    expect(steps.filter((step) => step.endsWith('COMPLETED'))).toEqual([
      'all.on_error 1 COMPLETED',
      'odd[0] 1 COMPLETED',
      'rest 1 COMPLETED',
      'soon[1] 1 COMPLETED',
    ]);
  });

  it('the others do not take its failure for theirs', async () => {
    const guarded = tool('work', 'slow', { ms: 60_000 }, { on_error: [tool('handled', 'echo')] });
    const retried = tool('again', 'slow', { ms: 60_000 }, { retry: { max_attempts: 3, initial_interval: '1ms' } });
    const nodes = [{ id: 'p', type: 'parallel', branches: { a: [guarded], b: [retried], c: [tool('bad', 'broken')] } }];
    const { failure, steps } = await execute(nodes);
    expect(failure).toMatchObject({ detail: { node_id: 'bad' } });
    expect(effects).toEqual(['work', 'again', 'bad']);
    expect(steps).toEqual(['bad 1 FAILED']);
  });

  it('the rounds that were over keep their steps', async () => {
    const { steps } = await execute([each('[2, 1, 2]', failsFirst.slice(0, 1), { max_concurrency: 1 })]);
    expect(steps).toEqual(['bad[1] 1 FAILED', 'odd[0] 1 COMPLETED', 'soon[1] 1 COMPLETED']);
  });

  it('no effect begins that was still waiting for what came before it to be durable', async () => {
    class Slow extends MemoryJournal {
      private fail: () => void;
      private readonly failed = new Promise<void>((resolve) => (this.fail = resolve));

      override record(step: StepRecord): void {
        super.record(step);
        if (step.status === 'FAILED') this.fail();
      }

      /** Durable only after the other lane has failed, and the failure has gone its way up. */
      override async settled(): Promise<void> {
        await this.failed;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
    const wait = { id: 'w', type: 'repeat', until: 'false', max_iterations: 2, nodes: [set('n', 1)] };
    const branches = { a: [tool('work', 'echo')], b: [wait, { id: 'no', type: 'fail', message: 'no' }] };
    const { failure } = await execute([{ id: 'p', type: 'parallel', branches }], {}, new Slow());
    expect(failure).toMatchObject({ message: 'no' });
    expect(effects).toEqual([]);
  });

  it('those that only decide stop as well', async () => {
    const decide = { id: 'd', type: 'if', condition: 'x == 0', then: [tool('bad', 'broken')] };
    const items = Array.from({ length: 1_000 }, (_, n) => n);
    const { steps } = await execute([each('inputs', [decide], { max_concurrency: 2 })], items);
    expect(steps.length).toBeLessThan(500);
  });

  it('several failures at the same moment are still one', async () => {
    const { failure } = await execute([each('[1, 2, 3]', [tool('bad', 'broken')])]);
    expect(failure).toMatchObject({ detail: { code: 'upstream-error', path: 'bad[0]' } });
    const decide = { id: 'i', type: 'if', condition: '[true][int(x)]', then: [] };
    const undecided = await execute([each('[7, 8, 9]', [decide])]);
    expect(undecided.failure).toMatchObject({ detail: { code: 'expression-error', path: 'i[0]' } });
    const uncollected = await execute([each('[7, 8, 9]', [set('n', 1)], { collect: '[1][int(x)]' })]);
    expect(uncollected.failure).toMatchObject({ detail: { code: 'expression-error', node_id: 'all' } });
  });
});

describe('a stop', () => {
  it('stops what runs beside it', async () => {
    const stop = { id: 'enough', type: 'stop', output: 'enough' };
    const branches = { slow: [tool('work', 'slow', { ms: 60_000 })], quick: [tool('first', 'echo'), stop] };
    const { output } = await execute([{ id: 'p', type: 'parallel', branches }, tool('after', 'echo')]);
    expect(output).toBe('enough');
    expect(effects).toEqual(['work', 'first']);
  });
});

describe('a timeout', () => {
  it('ends an attempt that hears no signal, and another attempt may be quicker', async () => {
    const nodes = [
      tool('late', 'deaf', { ms: 300 }, { timeout: '10ms', retry: { max_attempts: 2, initial_interval: '1ms' } }),
    ];
    const { failure, steps } = await execute(nodes);
    expect(failure).toMatchObject({ detail: { code: 'node-timeout', attempt: 2 } });
    expect(steps).toEqual(['late 1 FAILED', 'late 2 FAILED']);
  });

  it('of control flow is a step of its own, which on_error can catch', async () => {
    const loop = { id: 'r', type: 'repeat', until: 'false', max_iterations: 9, delay: '1s', nodes: [set('n', 1)] };
    const { output, steps } = await execute([{ ...loop, timeout: '20ms', on_error: 'continue' }]);
    expect(output).toMatchObject({ error: { code: 'node-timeout', node_id: 'r', path: 'r', attempt: 1 } });
    expect(steps).toEqual(['n[0] 1 COMPLETED', 'r 1 FAILED', 'r.on_error 1 COMPLETED']);
  });

  it('may be longer than a timer can be', async () => {
    const long = tool('a', 'deaf', { ms: 20 }, { timeout: '30d' });
    expect((await execute([each('[1]', [long], { timeout: '9999d' })])).output).toEqual([null]);
  });
});

describe('on_error', () => {
  it('also catches what fails before the node begins', async () => {
    const node = { ...set('n', 1), when: '[true][int(inputs.i)]', on_error: 'continue' };
    const { output, steps } = await execute([node], { i: 9 });
    expect(output).toMatchObject({ error: { code: 'expression-error', node_id: 'n' } });
    expect(steps).toEqual(['n 1 FAILED', 'n.on_error 1 COMPLETED']);
  });

  it('sees only the failure that is nearest', async () => {
    const inner = tool(
      'bad',
      'broken',
      {},
      { on_error: [set('seen', '${error.node_id}'), { id: 'own', type: 'fail', message: 'own' }] },
    );
    const { output } = await execute([each('[1]', [inner], { on_error: [set('outer', '${error.node_id}')] })]);
    expect(output).toBe('own');
  });

  it('runs after the last attempt, not after each', async () => {
    const retry = { max_attempts: 3, initial_interval: '1ms' };
    await execute([tool('f', 'flaky', { succeed_at: 9 }, { retry, on_error: [tool('h', 'echo')] })]);
    expect(effects).toEqual(['f', 'f', 'f', 'h']);
  });
});

describe('a journal that fails', () => {
  class Away extends MemoryJournal {
    override record(...[step]: Parameters<MemoryJournal['record']>): void {
      if (step.nodeId === 'a') throw new Error('the database is away');
      super.record(step);
    }
  }

  it('is no failure of the node whose step was lost, so nothing catches it', async () => {
    const retry = { max_attempts: 3, initial_interval: '1ms' };
    const nodes = [tool('a', 'echo', {}, { retry, on_error: [tool('h', 'echo')] })];
    await expect(execute(nodes, {}, new Away())).rejects.toThrow('the database is away');
    expect(effects).toEqual(['a']);
  });
});
