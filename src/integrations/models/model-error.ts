import { type Json } from '../../common/json.js';
import { cut } from '../credentials/text-finder.js';
import { ToolError } from '../tools/tool-error.js';
import { errorOf, retryAfterOf } from '../tools/verdict.js';

/** As the libraries of OpenAI and Anthropic report an answer that is no success. */
interface StatusError extends Error {
  readonly status: number;
  readonly headers?: Headers | undefined;
  readonly error?: unknown;
}

/** Statuses that another attempt may turn into a success; 529 is Anthropic's "overloaded". */
const retryable = new Set([408, 409, 425, 429, 500, 502, 503, 504, 529]);

/** The error of a node, from whatever a chat model threw. What has a code of its own keeps it, however deep it is wrapped. */
export function modelError(thrown: unknown, host: string): unknown {
  const chain = [...causesOf(thrown)];
  const known = chain.find((error) => 'code' in error && 'retryable' in error);
  if (known) return known;
  const answered = chain.find((error): error is StatusError => 'status' in error && typeof error.status === 'number');
  if (answered) return answeredError(answered, host);
  const isParsing = chain.some((error) => error instanceof SyntaxError);
  if (isParsing) return new ToolError('upstream-error', `The answer of ${host} can't be read.`, true);
  return thrown;
}

function answeredError({ status, headers, message, error }: StatusError, host: string): ToolError {
  const fields = headers ? Object.fromEntries(headers.entries()) : {};
  const words = cut(message.replace(new RegExp(`^${status}\\s*`), ''), 300).replace(/\.$/, '');
  const trouble = {
    what: status === 401 ? `refuses the key of the resource (401): ${words}.` : `answered ${status}: ${words}.`,
    retryable: retryable.has(status),
    ...retryAfterOf(fields),
  };
  const body = (error ?? null) as Json;
  return errorOf({ host, method: 'POST', status, headers: fields, body }, trouble);
}

function* causesOf(thrown: unknown): Generator<Error> {
  for (let error = thrown, depth = 0; error instanceof Error && depth < 10; error = error.cause, depth++) yield error;
}
