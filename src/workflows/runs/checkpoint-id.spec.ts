import { makeCheckpointId, parseCheckpointId } from './checkpoint-id.js';

const runId = '0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b';

describe('the id of a checkpoint', () => {
  it('names a run and a step', () => {
    expect(makeCheckpointId({ runId, step: 12 })).toBe(`run_${runId}:12`);
    expect(parseCheckpointId(`run_${runId}:12`)).toEqual({ runId, step: 12 });
  });

  it('says of a retry that kept nothing that it began before the first step, where no checkpoint is', () => {
    expect(makeCheckpointId({ runId, step: 0 })).toBe(`run_${runId}:0`);
    expect(parseCheckpointId(`run_${runId}:0`)).toBeUndefined();
  });

  it.each(['', `run_${runId}`, `run_${runId}:`, `run_${runId}:01`, `run_${runId}:-1`, `run_${runId}:1:2`])(
    'is not %p',
    (id) => {
      expect(parseCheckpointId(id)).toBeUndefined();
    },
  );

  it.each([`wf_${runId}:1`, `run_x:1`, `run_${runId}:1e3`, `run_${runId}:9999999999`])('nor %p', (id) => {
    expect(parseCheckpointId(id)).toBeUndefined();
  });
});
