import { type Instance, type JobWithMetadata, type QueueStats } from 'pg-boss';
import { type Json, type JsonObject } from '../json.js';

/** A queue at one moment. */
export interface QueueState {
  /** The name of its job. */
  readonly name: string;
  /** Jobs that could be taken up now. */
  readonly ready: number;
  /** Jobs whose time has not come: delayed, or to be tried again. */
  readonly deferred: number;
  readonly active: number;
  /** Since when the job has been ready that has waited longest; null: none waits. */
  readonly readySince: Date | null;
  readonly countedAt: Date;
}

/** A job that has failed for good. */
export interface DeadJob {
  readonly id: string;
  /** The name of its job; null when nobody knows any more. */
  readonly name: string | null;
  readonly payload: JsonObject;
  readonly retries: number;
  readonly error: string;
  /** When it was added first. */
  readonly createdAt: Date;
  readonly failedAt: Date;
}

/** A process that takes part in jobs. */
export interface JobProcess {
  /** Host and process id. */
  readonly name: string;
  readonly role: string | null;
  readonly startedAt: Date;
  readonly heartbeatAt: Date;
  /** Heard of within three heartbeats. */
  readonly isLive: boolean;
  /** Bytes. */
  readonly memory: number | null;
  /** Cores that it used since the heartbeat before. */
  readonly cpu: number | null;
  /** p99 in milliseconds. */
  readonly loopDelay: number | null;
}

export function queueStateOf(
  name: string,
  counts: QueueStats | undefined,
  waiting: readonly Pick<JobWithMetadata, 'startAfter'>[],
): QueueState {
  const countedAt = counts?.capturedOn ?? new Date();
  const ready = waiting.map(({ startAfter }) => startAfter.getTime()).filter((at) => at <= Date.now());
  return {
    name,
    ready: counts?.readyCount ?? 0,
    deferred: counts?.deferredCount ?? 0,
    active: counts?.activeCount ?? 0,
    readySince: ready.length > 0 ? new Date(Math.min(...ready)) : null,
    countedAt,
  };
}

export function deadJobOf(job: JobWithMetadata<JsonObject>): DeadJob {
  return {
    id: job.id,
    name: job.sourceName,
    payload: job.data,
    retries: job.sourceRetryCount ?? 0,
    error: messageOf(job.sourceOutput),
    createdAt: job.sourceCreatedOn ?? job.createdOn,
    failedAt: job.createdOn,
  };
}

export function processOf({ host, pid, name, startedOn, heartbeatOn, live, metrics }: Instance): JobProcess {
  return {
    name: `${host}:${pid}`,
    role: name,
    startedAt: startedOn,
    heartbeatAt: heartbeatOn,
    isLive: live,
    memory: metrics?.rss ?? null,
    cpu: metrics?.cpu ?? null,
    loopDelay: metrics?.loopDelay ?? null,
  };
}

/** Whoever ended the job: its handler, the time-out, or the missing heartbeat. */
function messageOf(output: object | null): string {
  const { message, value } = (output ?? {}) as { message?: Json; value?: { message?: Json } };
  const said = message ?? value?.message;
  return typeof said === 'string' ? said : JSON.stringify(output);
}
