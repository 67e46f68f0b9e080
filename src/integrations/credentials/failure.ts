import { asDatabaseUnavailable } from '../../common/database/database.errors.js';
import { CiphertextError } from '../../common/encryption/encryption.errors.js';
import { DomainError } from '../../common/errors.js';
import { type Json, type JsonObject } from '../../common/json.js';
import { ToolError } from '../tools/tool-error.js';

/** Why something with credentials failed, as a node or a test of a resource tells it. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly problem?: Json;
}

/**
 * An error as nodes know them. That the database is away stays what it is: it says nothing about the node. What has no code
 * is a fault of ours.
 */
export function asNodeError(error: unknown): unknown {
  if (error instanceof CiphertextError)
    return new ToolError(error.code, error.message, false, undefined, undefined, { cause: error });
  if (!(error instanceof DomainError) || asDatabaseUnavailable(error)) return error;
  const { code, message, kind, extensions, retryAfter } = error;
  const problem = Object.keys(extensions).length > 0 ? (extensions as JsonObject) : undefined;
  return new ToolError(code, message, kind === 'unavailable', problem, retryAfter, { cause: error });
}

/** @throws what is no failure of the thing itself: a fault of ours, or that the database is away */
export function failureOf(error: unknown): Failure {
  if (error instanceof Error && error.name === 'TimeoutError') {
    return { code: 'node-timeout', message: 'It took too long to answer.' };
  }
  if (error instanceof Error && 'code' in error && 'retryable' in error) {
    const { code, message, problem } = error as ToolError;
    return { code, message, ...(problem !== undefined && { problem }) };
  }
  throw error;
}
