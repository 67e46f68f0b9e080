import { isNativeError } from 'node:util/types';
import { EgressError } from '../../../common/egress/egress.errors.js';
import { toEgressError } from '../../../common/egress/transport-errors.js';
import { type Json } from '../../../common/json.js';
import { ToolError } from '../tool-error.js';
import { shorten } from '../verdict.js';

/** What nodemailer's errors have besides a message. */
interface SmtpFailure extends Error {
  readonly code?: string;
  /** Of the system, in place of which nodemailer put its own. */
  readonly originalCode?: string;
  readonly response?: string;
  readonly responseCode?: number;
  readonly command?: string;
}

/** Gives what went wrong with a mail server a code and a sentence. */
export function smtpError(error: unknown, host: string): unknown {
  if (error instanceof ToolError || error instanceof EgressError || !isNativeError(error)) return error;
  const failure: SmtpFailure = error;
  if (failure.responseCode !== undefined) return fromServer(failure, host);
  const { code = '', message } = failure;
  if (code === 'EENVELOPE') return new ToolError('input-invalid', `${message}.`, false);
  if (code === 'ETIMEDOUT') return new ToolError('egress-timeout', `${host} did not answer in time: ${message}.`, true);
  if (code === 'EPROTOCOL') return noMailServer(message, host);
  if (code === 'EMESSAGE' || code === 'EAUTH') return new ToolError('upstream-refused', `${host}: ${message}.`, false);
  return ['ESOCKET', 'ETLS', 'ECONNECTION'].includes(code) ? fromConnection(failure, host) : error;
}

function noMailServer(message: string, host: string, problem?: Json): ToolError {
  const text = `${host} does not answer like a mail server: ${shorten(message) as string}.`;
  return new ToolError('egress-protocol-error', text, false, problem);
}

function fromServer(failure: SmtpFailure, host: string): ToolError {
  const { responseCode: status = 0, code, command = '', response = '' } = failure;
  const problem: Json = { status, response: shorten(response), command };
  // A greeting or an answer that is neither yes nor no.
  const mayPass = status >= 400 && status < 500;
  const isNo = status >= 500 && status < 600;
  if (!mayPass && !isNo) return noMailServer(failure.message, host, problem);
  const what = code === 'EAUTH' ? 'does not let the user in' : `refuses ${command || 'the connection'}`;
  const message = `${host} ${what}: ${shorten(response) as string}.`;
  return new ToolError(mayPass ? 'upstream-error' : 'upstream-refused', message, mayPass, problem);
}

/** `ETLS` without a cause: the server does not offer what is required. */
function fromConnection({ code, originalCode, message }: SmtpFailure, host: string): Error {
  if (code === 'ETLS' && originalCode === undefined) {
    return new ToolError('upstream-refused', `${host} does not encrypt as it must: ${message}.`, false);
  }
  return toEgressError(Object.assign(new Error(message), { code: originalCode ?? 'ECONNRESET' }), host);
}
