import { isNativeError } from 'node:util/types';
import pg from 'pg';
import { EgressError } from '../../../common/egress/egress.errors.js';
import { errorCode } from '../../../common/egress/error-code.js';
import { toEgressError } from '../../../common/egress/transport-errors.js';
import { type Json } from '../../../common/json.js';
import { ToolError } from '../tool-error.js';

/** SQLSTATEs (appendix A of PostgreSQL's manual), by begin, that another attempt may turn into a success. */
const retryable = ['08', '53', '57P01', '57P02', '57P03', '57P05', '40001', '40P01', '55P03'];
/** Protocol violation: a mistake, and stays one. */
const PROTOCOL_VIOLATION = '08P01';
const READ_ONLY = '25006';
const QUERY_CANCELED = '57014';

/** Gives what went wrong with a PostgreSQL server a code and a sentence. */
export function postgresError(error: unknown, host: string): Error {
  if (error instanceof ToolError || error instanceof EgressError) return error;
  if (error instanceof pg.DatabaseError) return fromServer(error, host);
  // Those of sockets and TLS have one; pg's own, about what the other side does, have none.
  if (errorCode(error) !== '') return toEgressError(error, host);
  const message = isNativeError(error) ? error.message : 'the connection failed';
  return new ToolError('upstream-error', `${host}: ${message}.`, /terminated/.test(message), undefined, undefined, {
    cause: error,
  });
}

function fromServer(error: pg.DatabaseError, host: string): ToolError {
  const { code: sqlstate = '', message } = error;
  const problem = problemOf(error);
  if (sqlstate === READ_ONLY) {
    const advice = 'A node only reads, unless its input "write" is true.';
    return new ToolError('read-only', `${host} refuses: ${message}. ${advice}`, false, problem);
  }
  if (sqlstate === QUERY_CANCELED && /statement timeout/.test(message)) {
    const text = `The statement took longer than "timeout_ms" allows: ${host} has cancelled it.`;
    return new ToolError('node-timeout', text, true, problem);
  }
  const mayPass = sqlstate !== PROTOCOL_VIOLATION && retryable.some((begin) => sqlstate.startsWith(begin));
  const code = mayPass ? 'upstream-error' : 'upstream-refused';
  return new ToolError(code, `${host} refuses (SQLSTATE ${sqlstate}): ${message}.`, mayPass, problem);
}

function problemOf({ code, message, position, detail, hint, constraint }: pg.DatabaseError): Json {
  return {
    sqlstate: code ?? null,
    message,
    ...(position !== undefined && { position: Number(position) }),
    ...(detail !== undefined && { detail }),
    ...(hint !== undefined && { hint }),
    ...(constraint !== undefined && { constraint }),
  };
}
