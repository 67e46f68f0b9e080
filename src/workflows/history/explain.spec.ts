import { type Effect } from '../../integrations/index.js';
import { type RunResponse, type WaitingForResponse } from '../runs/run.dto.js';
import { explain, type RunFacts } from './explain.js';

const factsOf = (run: Partial<RunResponse>, more: Partial<RunFacts> = {}): RunFacts => ({
  run: {
    ...{ run_id: 'run_1', status: 'RUNNING', source: 'MANUAL', workflow_id: 'wf_1', version_number: 3, attempt: 1 },
    ...{ parent_run_id: null, forked_from: null, waiting_for: null, error: null, error_detail: null },
    ...run,
  } as RunResponse,
  ...{ user_id: 'user_1', email: 'ada@example.com', tries: 1, crashes: 0, worker_alive: true, queued_before: null },
  ...{ recorded: ['a', 'b', 'b'], next: ['c', 'd', 'e'] },
  effects: new Map<string, Effect>([
    ...(['a', 'b', 'c'] as const).map((id): [string, Effect] => [id, 'none']),
    ['d', 'write'],
    ['e', 'write'],
  ]),
  explanationOf: (code) => (code === 'failed' ? { title: 'On purpose', explanation: 'A fail node.' } : undefined),
  ...more,
});
const summaryOf = (run: Partial<RunResponse>, more?: Partial<RunFacts>) => explain(factsOf(run, more)).summary;

describe('an explanation says', () => {
  it.each<[Partial<RunResponse>, Partial<RunFacts>, string]>([
    [{}, {}, 'It was started by hand, to run version 3 of wf_1; it is a run of ada@example.com.'],
    [{ source: 'FORM' }, { email: '' }, 'It was started by a form, to run version 3 of wf_1; it is a run of user_1.'],
    [{ workflow_id: null }, {}, 'It was started by hand, to run a spec of its own; it is a run of ada@example.com.'],
    [
      { parent_run_id: 'run_0' },
      {},
      'It was started by a node of run_0, to run version 3 of wf_1; it is a run of ada@example.com.',
    ],
    [
      { forked_from: 'run_0:2' },
      {},
      'It began at run_0:2 with what was recorded there, to run version 3 of wf_1; it is a run of ada@example.com.',
    ],
    [
      { forked_from: 'run_0:2' },
      { tries: 2 },
      'Try 2: it began at run_0:2 with what was recorded there, to run version 3 of wf_1; it is a run of ada@example.com.',
    ],
  ])('why the run started', (run, more, expected) => {
    expect(summaryOf(run, more)[0]).toBe(expected);
  });

  it.each<[Partial<RunResponse>, Partial<RunFacts>, string]>([
    [{}, {}, 'It is executed, with 3 steps recorded; next or under way: c, d and e.'],
    [{}, { next: [] }, 'It is executed, with 3 steps recorded; next or under way: its end.'],
    [
      {},
      { worker_alive: false, crashes: 2 },
      'The process that executed it is gone, with 3 steps recorded; another one takes it over within 30 s and goes on with ' +
        'c, d and e. The process that executed it died 2 times.',
    ],
    [
      { status: 'QUEUED' },
      { queued_before: 1, recorded: ['a'], next: ['b'] },
      'It waits for a free slot, with 1 step recorded; 1 run of the same user is before it, and it goes on with b.',
    ],
    [{ status: 'WAITING' }, { next: ['c'] }, 'It waits, with 3 steps recorded; next: c.'],
    [{ status: 'CANCELLED' }, { next: ['c', 'd'] }, 'It is CANCELLED, with 3 steps recorded; not done: c and d.'],
  ])('where it is', (run, more, expected) => {
    expect(summaryOf(run, more)[1]).toBe(expected);
  });

  it('what it waits for', () => {
    const until = '2026-11-24T10:00:00.000Z';
    const none = { title: null, approval_url: null, run_id: null, connection_id: null };
    const at = { ...none, until: new Date(until) };
    const waiting_for: WaitingForResponse[] = [
      { ...at, path: 'a[1].retry2', type: 'retry', node_id: 'a' },
      { ...at, path: 'b', type: 'timer', node_id: 'b' },
      { ...at, path: 'c', type: 'approval', node_id: 'c', title: 'Go?' },
      { ...none, path: 'd', type: 'workflow', node_id: 'd', run_id: 'run_2', until: null },
    ];
    const explained = explain(factsOf({ status: 'WAITING', waiting_for }));
    expect(explained.waiting[0]).toMatchObject({ path: 'a[1].retry2', node_id: 'a', type: 'retry', until });
    expect(explained.waiting.map(({ summary }) => summary)).toEqual([
      `a has failed and is tried again at ${until}.`,
      `b waits for a time at ${until}.`,
      `c waits for an approval: "Go?", until ${until}.`,
      'd waits for the end of run_2.',
    ]);
    expect(explained.summary).toEqual(expect.arrayContaining(explained.waiting.map(({ summary }) => summary)));
    expect(explain(factsOf({ status: 'QUEUED', waiting_for })).waiting).toEqual([]);
  });

  it('why it failed, with the page of the code where there is one', () => {
    const error_detail = { code: 'failed', node_id: 'c', path: 'c[2]', attempt: 3 };
    const { failure } = explain(factsOf({ status: 'FAILED', error: 'No more', error_detail }));
    expect(failure).toEqual({
      ...error_detail,
      message: 'No more',
      problem: null,
      title: 'On purpose',
      explanation: 'A fail node.',
      page: '/problems/failed',
      summary: 'It failed at the node c (c[2]) with failed: No more.',
    });
    const whole = explain(
      factsOf({ status: 'CANCELLED', error: 'By ada.', error_detail: { code: 'cancelled' } }),
    ).failure;
    expect(whole).toMatchObject({
      ...{
        code: 'cancelled',
        title: 'cancelled',
        explanation: null,
        page: null,
        node_id: null,
        path: null,
        attempt: null,
      },
      summary: 'It was cancelled with cancelled: By ada.',
    });
    expect(explain(factsOf({})).failure).toBeNull();
  });

  it('what a retry would do', () => {
    const { retry } = explain(factsOf({ status: 'FAILED' }));
    expect(retry).toEqual({
      ...{ possible: true, kept_steps: 3, kept_nodes: ['a', 'b'], next: ['c', 'd', 'e'], next_writes: ['d', 'e'] },
      summary: 'A retry would keep 3 steps and go on with c, d and e, of which d and e write.',
    });
    expect(explain(factsOf({})).retry.summary).toBe(
      'It cannot be retried, as it is RUNNING; it can be forked from any of its checkpoints.',
    );
  });
});
