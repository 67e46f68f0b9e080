import { type RecordedStep, type StepRecord } from '../compiler/run-context.js';
import { graphs } from '../compiler/graphs.spec-helper.js';
import {
  compile,
  echo,
  effects,
  execute,
  MemoryJournal,
  scopeOf,
  set,
} from '../compiler/memory-journal.spec-helper.js';
import { RunPaused } from '../nodes/node-error.js';
import { nodesAfter } from './replay.js';

const recordedOf = (steps: readonly StepRecord[]) =>
  new Map<string, RecordedStep>(steps.filter(({ status }) => status !== 'FAILED').map((step) => [step.path, step]));

const after = async (nodes: unknown[], steps: readonly StepRecord[], inputs = {}) =>
  (await nodesAfter(compile(nodes), scopeOf(inputs), recordedOf(steps))).sort();

/** Goes on from what is recorded, and stops each lane after the first step that it takes. */
class OneStepJournal extends MemoryJournal {
  readonly ran = new Set<string>();

  override record({ nodeId }: StepRecord): void {
    this.ran.add(nodeId);
    throw new RunPaused();
  }
}

async function ranNext(nodes: unknown[], steps: readonly StepRecord[]): Promise<string[]> {
  const journal = new OneStepJournal(steps.filter(({ status }) => status !== 'FAILED'));
  await execute(nodes, {}, journal);
  return [...journal.ran].sort();
}

const isOfFailure = ({ status, path }: StepRecord) => status === 'FAILED' || path.endsWith('.on_error');

beforeEach(() => {
  effects.length = 0;
});

describe.each(Object.entries(graphs))('%s', (_name, nodes) => {
  it('goes on, after every single step, with the nodes that the replay names', async () => {
    const { steps } = (await execute(nodes)).journal;
    for (let count = 0; count <= steps.length; count++) {
      const recorded = steps.slice(0, count);
      const next = await after(nodes, recorded);
      expect({ count, next }).toEqual({ count, next: await ranNext(nodes, recorded) });
      if (count === steps.length) expect(next).toEqual([]);
      // What failed would run again; what its failure led to is not what comes next.
      else if (isOfFailure(steps[count]!)) continue;
      else expect(next).toContain(steps[count]!.nodeId);
    }
  });

  it('calls no tool when it is replayed', async () => {
    const { steps } = (await execute(nodes)).journal;
    effects.length = 0;
    for (let count = 0; count <= steps.length; count++) await after(nodes, steps.slice(0, count));
    expect(effects).toEqual([]);
  });
});

describe('a replay', () => {
  it('names the node whose decision fails', async () => {
    const nodes = [set('a', 1), { id: 'l', type: 'for_each', items: 'inputs.list', as: 'x', nodes: [echo('b', 1)] }];
    const { journal, failure } = await execute(nodes, { list: 7 });
    expect(failure).toMatchObject({ detail: { node_id: 'l' } });
    expect(await after(nodes, journal.steps, { list: 7 })).toEqual(['l']);
  });

  it('names what failed, and what its failure kept from running', async () => {
    const broken = { id: 'bad', type: 'tool', tool: 'broken', inputs: {} };
    const nodes = [{ id: 'p', type: 'parallel', branches: { l: [broken], r: [echo('r1', 1), echo('r2', 2)] } }];
    const { steps } = (await execute(nodes)).journal;
    expect(await after(nodes, steps)).toContain('bad');
  });

  it('waits for no pause, however long', async () => {
    const nodes = [
      { id: 'r', type: 'repeat', until: 'false', max_iterations: 3, delay: '1h', nodes: [echo('a', 1)] },
      { id: 'w', type: 'wait', for: '1h' },
    ];
    const first = await execute(nodes);
    expect(first.paused).toBe(true);
    expect(await after(nodes, first.journal.steps)).toEqual(['a']);
    const looped = [{ ...nodes[0], delay: '1ms' }, nodes[1]];
    const second = await execute(looped);
    expect(second.paused).toBe(true);
    expect(await after(looped, second.journal.steps)).toEqual(['w']);
  });

  it('does not go another way inside of what is over, though the decision would now be another', async () => {
    const nodes = [
      set('a', 1),
      { id: 'i', type: 'if', condition: 'a == 1', then: [echo('t', 1)], else: [echo('f', 2)] },
      echo('s', 1, { when: 'a == 1' }),
      echo('n', 1, { when: 'a == 2' }),
      echo('z', '${a}'),
    ];
    const { steps } = (await execute(nodes)).journal;
    const changed = steps.slice(0, -1).map((step) => (step.path === 'a' ? { ...step, output: 2 } : step));
    expect(await after(nodes, changed)).toEqual(['z']);
    effects.length = 0;
    const forked = await execute(nodes, {}, new MemoryJournal(changed));
    expect(effects).toEqual(['z']);
    expect(forked.output).toBe(2);
  });
});
