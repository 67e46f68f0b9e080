import { type EntityManager } from '@mikro-orm/postgresql';
import { type Type } from '@nestjs/common';
import { type JsonObject } from '../json.js';

/** What a handler gets besides the payload. */
export interface JobContext {
  /** Of this job alone. */
  readonly em: EntityManager;
  /** Aborted when the process must stop or the job takes too long; it will run again, here or elsewhere. */
  readonly signal: AbortSignal;
  /** A service of any module. */
  get<Service>(type: Type<Service>): Service;
}

/**
 * A kind of background work. It happens at least once: a crash in the middle, or an error, repeats it, so a handler
 * looks at what is left to do. After its last retry a job stays in the database as failed.
 */
export interface Job<Payload extends JsonObject = JsonObject> {
  /** Stable: jobs that wait in the database are found by it. Letters, digits, `-`. */
  readonly name: string;
  /** Cron expression in UTC: then the job also comes by itself, once for all processes, with an empty payload. */
  readonly schedule?: string;
  handle(payload: Payload, context: JobContext): Promise<void>;
}

export function defineJob<Payload extends JsonObject = JsonObject>(job: Job<Payload>): Job<Payload> {
  return job;
}
