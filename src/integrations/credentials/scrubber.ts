import { isNativeError } from 'node:util/types';
import { isJsonObject, type Json } from '../../common/json.js';
import { spellingsOf } from './spellings.js';
import { HEAD, TextFinder } from './text-finder.js';

/** What stands where a secret was. */
export const SCRUBBED = '[secret]';

/**
 * Takes secrets out of what comes back from the world: servers repeat what they were sent, in answers and in errors.
 * Knows each secret in every spelling. Those that are shorter than a few characters are found by chance in harmless texts,
 * and are left.
 */
export class Scrubber {
  private readonly secrets = new Set<string>();
  private finder: TextFinder | undefined;

  /** Secrets from now on. */
  add(...secrets: readonly string[]): void {
    for (const secret of secrets) if (secret.length >= HEAD) this.secrets.add(secret);
    this.finder = undefined;
  }

  get isEmpty(): boolean {
    return this.secrets.size === 0;
  }

  text(text: string): string {
    return this.isEmpty || text.length < HEAD ? text : this.find().replace(text, SCRUBBED).text;
  }

  /** A text that goes on. @returns as much of it as is decided, and the rest, which may be the beginning of a secret */
  begun(text: string): { clean: string; rest: string } {
    if (this.isEmpty) return { clean: text, rest: '' };
    const { text: clean, undecided } = this.find().replace(text, SCRUBBED, true);
    return { clean, rest: text.slice(text.length - undecided) };
  }

  /** Keys of objects too. */
  json<Value extends Json | undefined>(value: Value): Value {
    return (this.isEmpty ? value : this.clean(value ?? null)) as Value;
  }

  /** The same error with clean texts, and so are those that it was made of; its class stays, as do numbers and the like. */
  error<Thrown>(thrown: Thrown): Thrown {
    if (!this.isEmpty && isError(thrown)) this.cleanError(thrown, new Map());
    return thrown;
  }

  private find(): TextFinder {
    return (this.finder ??= new TextFinder([...this.secrets].flatMap(spellingsOf)));
  }

  private cleanError(error: Error, seen: Map<object, unknown>): void {
    if (seen.has(error)) return;
    seen.set(error, error);
    for (const key of Object.getOwnPropertyNames(error)) {
      const value: unknown = (error as unknown as Record<string, unknown>)[key];
      const clean = this.cleanPart(value, seen);
      if (clean !== value) replaceProperty(error, key, clean);
    }
  }

  /** Whatever an error holds. What can't be looked through (bytes, headers, sockets) goes: it may hold anything. */
  private cleanPart(value: unknown, seen: Map<object, unknown>): unknown {
    if (isError(value)) {
      this.cleanError(value, seen);
      return value;
    }
    if (typeof value === 'string' || typeof value === 'number') return this.clean(value);
    if (typeof value !== 'object' || value === null) return value;
    // Some hold themselves, such as the certificate of an authority.
    if (seen.has(value)) return seen.get(value);
    seen.set(value, undefined);
    const clean = this.cleanMembers(value, seen);
    seen.set(value, clean);
    return clean;
  }

  private cleanMembers(value: object, seen: Map<object, unknown>): unknown {
    if (Array.isArray(value)) return value.map((item) => this.cleanPart(item, seen));
    if (!isPlain(value)) return undefined;
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => [this.text(key), this.cleanPart(member, seen)]),
    );
  }

  private clean(value: Json): Json {
    if (typeof value === 'string') return this.text(value);
    if (typeof value === 'number') return this.secrets.has(String(value)) ? SCRUBBED : value;
    if (Array.isArray(value)) return value.map((item) => this.clean(item));
    if (!isJsonObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [this.text(key), this.clean(member)]));
  }
}

function isError(value: unknown): value is Error {
  return isNativeError(value) || value instanceof Error;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  // Also one of another realm.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Also what is read-only, or computed as `stack` is. */
function replaceProperty(error: Error, key: string, value: unknown): void {
  const { configurable, enumerable, writable } = Object.getOwnPropertyDescriptor(error, key)!;
  if (writable) Object.assign(error, { [key]: value });
  else if (configurable) Object.defineProperty(error, key, { configurable, enumerable: enumerable!, value });
}
