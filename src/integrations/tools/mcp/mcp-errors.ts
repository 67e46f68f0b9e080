import { isNativeError } from 'node:util/types';
import { EgressError } from '../../../common/egress/egress.errors.js';
import { type Json } from '../../../common/json.js';
import { ToolError } from '../tool-error.js';
import { retryAfterOf, shorten } from '../verdict.js';

/** The server does not know the session any more. */
export class SessionLostError extends ToolError {
  constructor(host: string) {
    super('upstream-error', `${host} has forgotten the session.`, true);
  }
}

/** What happened below the SDK, whose errors do not keep it. */
export class Transmission {
  /** The first failure of egress. */
  thrown: unknown;
  /** Of the last answer. */
  retryAfter: { retryAfter?: number } = {};

  /** @returns the error */
  note(error: unknown): unknown {
    return (this.thrown ??= error);
  }

  /** @returns the answer */
  heard(answer: Response): Response {
    this.retryAfter = retryAfterOf(Object.fromEntries(answer.headers));
    return answer;
  }
}

/** What the SDK's errors have: of JSON-RPC a number as code, of HTTP a status. */
interface McpFailure extends Error {
  readonly code?: unknown;
  readonly status?: number;
  readonly data?: unknown;
}

/** Gives what went wrong with an MCP server a code and a sentence. */
export function mcpError(error: unknown, host: string, { thrown, retryAfter }: Transmission): unknown {
  if (thrown instanceof ToolError || thrown instanceof EgressError) return thrown;
  if (error instanceof ToolError || error instanceof EgressError || !isNativeError(error)) return error;
  const { name, code, status, data, message }: McpFailure = error;
  if (typeof status === 'number') return fromStatus(error, host, retryAfter);
  if (typeof code === 'number') return fromServer(code, message, host, data);
  if (name === 'UnauthorizedError' || name === 'InsufficientScopeError') return refused(host, 401);
  if (code === 'REQUEST_TIMEOUT') return new ToolError('egress-timeout', `${host} did not answer in time.`, true);
  if (code === 'UNSUPPORTED_RESULT_TYPE') {
    return new ToolError('upstream-refused', `${host} wants to ask somebody, but a workflow has nobody to ask.`, false);
  }
  const text = `${host} does not answer like an MCP server: ${shorten(message) as string}.`;
  return new ToolError('upstream-error', text, false, undefined, undefined, { cause: error });
}

function fromStatus({ status = 0, data }: McpFailure, host: string, retryAfter: { retryAfter?: number }): ToolError {
  if (status === 401 || status === 403) return refused(host, status);
  const body = (data as { text?: Json } | undefined)?.text ?? null;
  const mayPass = status === 408 || status === 429 || status >= 500;
  const message = `${host} answered ${status}.`;
  const problem = { status, body: shorten(body) };
  return new ToolError(
    mayPass ? 'upstream-error' : 'upstream-refused',
    message,
    mayPass,
    problem,
    retryAfter.retryAfter,
  );
}

function refused(host: string, status: number): ToolError {
  const message = `${host} does not accept the credentials of the resource (${status}).`;
  return new ToolError('upstream-refused', message, false, { status });
}

/** JSON-RPC 2.0, section 5.1. */
function fromServer(code: number, message: string, host: string, data: unknown): ToolError {
  const isInternal = code === -32_603;
  const text = `${host} refuses: ${shorten(message) as string} (${code}).`;
  const problem: Json = { code, message: shorten(message), data: shorten((data ?? null) as Json) };
  return new ToolError(isInternal ? 'upstream-error' : 'upstream-refused', text, isInternal, problem);
}
