import { OAuthTroubleError } from '../protocol/upstream.errors.js';
import { isJsonObject, type Json, type JsonObject } from '../../common/json.js';

/** A provider's answer lacks what Seer must know to tell accounts apart. */
export class ProviderAnswerError extends OAuthTroubleError {
  constructor(path: readonly string[]) {
    super(`it does not say whose account it is: its answer has no text at ${path.join('.')}.`);
  }
}

/** The text or number at a path of an answer, if it is there. */
export function find(answer: JsonObject, ...path: string[]): string | undefined {
  let value: Json | undefined = answer;
  for (const name of path) {
    value = isJsonObject(value) ? value[name] : undefined;
  }
  return (typeof value === 'string' && value !== '') || typeof value === 'number' ? String(value) : undefined;
}

/**
 * The same for what must be there: an account whose id were the word "undefined" would be everybody's.
 * @throws ProviderAnswerError when it is not
 */
export function read(answer: JsonObject, ...path: string[]): string {
  const text = find(answer, ...path);
  if (text === undefined) {
    throw new ProviderAnswerError(path);
  }
  return text;
}

/** Scopes that are told as a list, or as a text with spaces or commas: as a text with one separator. */
export function scopesWith(separator: ' ' | ',', told: Json | undefined): string | undefined {
  const scopes = typeof told === 'string' ? told.split(/[\s,]+/) : told;
  return Array.isArray(scopes) ? scopes.filter((scope) => typeof scope === 'string').join(separator) : undefined;
}

/** Codes of RFC 6749, 5.2, that decide what happens next: ask the owner again, or the operator. */
type StandardError = 'invalid_grant' | 'invalid_client';

/** Puts the standard code in the place of a provider's own one, which stays in the description for people. */
export function translateError(
  answer: JsonObject,
  own: string | undefined,
  meanings: Readonly<Record<string, StandardError>>,
): JsonObject {
  const error = own !== undefined && Object.hasOwn(meanings, own) ? meanings[own] : undefined;
  if (own === undefined || error === undefined) {
    return answer;
  }
  const description = find(answer, 'error_description') ?? find(answer, 'message');
  return { ...answer, error, error_description: description === undefined ? own : `${own}: ${description}` };
}
