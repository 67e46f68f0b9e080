import { makePublicId, parsePublicId } from '../../common/public-id.js';

/** A point of a run: after its step of this number. `runId` is the uuid. */
export interface CheckpointRef {
  readonly runId: string;
  readonly step: number;
}

/** The public id of a checkpoint: `run_0190…:3`. */
export function makeCheckpointId({ runId, step }: CheckpointRef): string {
  return `${makePublicId('run', runId)}:${step}`;
}

/** Undefined when the text is no id of a checkpoint. */
export function parseCheckpointId(id: string): CheckpointRef | undefined {
  const [run = '', step = '', ...more] = id.split(':');
  const runId = parsePublicId('run', run);
  if (!runId || more.length > 0 || !/^[1-9][0-9]{0,8}$/.test(step)) return undefined;
  return { runId, step: Number(step) };
}
