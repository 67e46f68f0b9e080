import { secondsOfRetryAfter } from '../../common/http/retry-after.js';
import { isJsonObject, type Json } from '../../common/json.js';
import { cut } from '../credentials/text-finder.js';
import { type ApiAnswer } from './api-call.js';
import { ToolError } from './tool-error.js';

/** What an answer means: for good, for another token, or why not. */
export type Verdict = 'good' | 'unauthorized' | Trouble;

export interface Trouble {
  /** Ends the sentence "<host> …". */
  readonly what: string;
  /** Another attempt may succeed. */
  readonly retryable: boolean;
  /** Seconds that the other side wants to be left alone. */
  readonly retryAfter?: number;
}

/** Statuses that another attempt may turn into a success. */
const retryableStatuses = new Set([408, 425, 429, 500, 502, 503, 504]);

/** How much of a refusal's body is kept with the error. */
const PROBLEM_CHARACTERS = 2_000;

/** Judges by the status alone (RFC 9110). */
export function verdictOf(answer: ApiAnswer): Verdict {
  const { status } = answer;
  if (status >= 200 && status < 300) return 'good';
  if (status === 401) return 'unauthorized';
  return troubleOf(answer);
}

/** Why an answer of this status is no success. */
export function troubleOf({ method, status, headers, body }: Omit<ApiAnswer, 'host'>): Trouble {
  const message = messageIn(body);
  return {
    what: `answered ${status} to ${method}${message === undefined ? '' : `: ${message}`}.`,
    retryable: retryableStatuses.has(status),
    ...retryAfterOf(headers),
  };
}

/** What `Retry-After` asks for. */
export function retryAfterOf(headers: ApiAnswer['headers']): { retryAfter?: number } {
  const retryAfter = secondsOfRetryAfter(headers['retry-after']);
  return retryAfter === undefined ? {} : { retryAfter };
}

/** The error of a node whose call was answered like that. */
export function errorOf({ host, status, body }: ApiAnswer, { what, retryable, retryAfter }: Trouble): ToolError {
  const code = retryable || status >= 500 ? 'upstream-error' : 'upstream-refused';
  return new ToolError(code, `${host} ${what}`, retryable, { status, body: shorten(body) }, retryAfter);
}

/** A body as far as it is kept with an error. */
export function shorten(body: Json): Json {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return text.length <= PROBLEM_CHARACTERS ? body : cut(text, PROBLEM_CHARACTERS);
}

/** What the other side says about it, in the places where APIs say it. */
function messageIn(body: Json): string | undefined {
  if (!isJsonObject(body)) return undefined;
  const { error, message, error_description: description } = body;
  const inner = isJsonObject(error) ? error.message : undefined;
  const found = [inner, description, message, error].find((text) => typeof text === 'string' && text !== '');
  return typeof found === 'string' ? cut(found, 300).replace(/\.$/, '') : undefined;
}
