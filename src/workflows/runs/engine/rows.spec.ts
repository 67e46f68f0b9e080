import { endRow, type NewRun, type RunEnd, runRow, stepRow } from './rows.js';

const nasty = 'quote " back \\ new\nline \u0001 umlaut ä 😀 </script> ${x}';
const at = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const time = '2026-01-02T03:04:05.678Z';
const run: NewRun = {
  runId: 'the-run',
  userId: '7',
  workflowId: null,
  versionId: null,
  spec: JSON.stringify({ nasty }),
  inputs: JSON.stringify([nasty]),
  config: null,
  source: 'MANUAL',
  createdAt: at,
};
const end: RunEnd = {
  status: 'FAILED',
  outputs: null,
  error: nasty,
  errorDetail: { code: 'failed', node_id: 'n' },
  completedAt: at,
};

describe('the row of a new run', () => {
  it('is QUEUED when nobody has claimed it', () => {
    expect(JSON.parse(runRow(run, undefined, undefined))).toEqual({
      run_id: 'the-run',
      user_id: '7',
      spec: { nasty },
      inputs: [nasty],
      status: 'QUEUED',
      source: 'MANUAL',
      attempt: 0,
      created_at: time,
    });
  });

  it('is RUNNING under its claim, and over when it has an end', () => {
    const claim = { workerId: 'me', fence: 1, startedAt: at };
    expect(JSON.parse(runRow(run, claim, undefined))).toMatchObject({ status: 'RUNNING', worker_id: 'me', attempt: 1 });
    const over = JSON.parse(runRow(run, claim, end)) as object;
    expect(over).toMatchObject({ status: 'FAILED', error: nasty, started_at: time, completed_at: time });
    expect(over).not.toHaveProperty('worker_id');
  });

  it('is held back when it has a concurrency key', () => {
    const concurrency = { key: nasty, limit: 3, onLimit: 'queue' as const };
    expect(JSON.parse(runRow({ ...run, concurrency }, undefined, undefined))).toMatchObject({
      status: 'QUEUED',
      concurrency_key: nasty,
      concurrency_limit: 3,
      admitted: false,
    });
  });

  it('names its idempotency key', () => {
    const idempotency = { key: nasty, requestHash: Buffer.from([0, 255]) };
    expect(JSON.parse(runRow({ ...run, idempotency }, undefined, undefined))).toMatchObject({
      idempotency_key: nasty,
      request_hash: '00ff',
    });
  });
});

describe('the row of a step', () => {
  const step = {
    nodeId: 'n',
    path: 'n[0]',
    attempt: 2,
    status: 'FAILED' as const,
    seq: 1,
    inputs: null,
    output: 'null',
    error: { code: 'upstream-error', node_id: 'n', path: 'n[0]', attempt: 2, message: `NUL \0, half \ud800, ${nasty}` },
    startedAt: at,
    completedAt: at,
  };

  it('replaces in errors what the database cannot hold', () => {
    const row = JSON.parse(stepRow('the-run', step)) as { error: { message: string } };
    expect(row.error.message).toBe(`NUL \ufffd, half \ufffd, ${nasty}`);
    expect(row).toMatchObject({ run_id: 'the-run', path: 'n[0]', attempt: 2, output: null, started_at: time });
  });

  it('has a fence when the run exists already', () => {
    expect(JSON.parse(stepRow('the-run', step))).not.toHaveProperty('fence');
    expect(JSON.parse(stepRow('the-run', step, 3))).toMatchObject({ fence: 3 });
  });
});

describe('the row of an end', () => {
  it('has its fence, and its error', () => {
    expect(JSON.parse(endRow('the-run', 4, end))).toEqual({
      run_id: 'the-run',
      fence: 4,
      status: 'FAILED',
      error: nasty,
      error_detail: { code: 'failed', node_id: 'n' },
      completed_at: time,
    });
  });
});
