import { isJsonObject, type Json } from '../../common/json.js';

/** What stands where a secret was. */
export const SCRUBBED = '[secret]';

/** Shorter texts are found by chance in harmless ones. */
const SHORTEST = 4;

/**
 * Takes secrets out of what comes back from the world: servers repeat what they were sent, in answers and in errors.
 * Knows each secret as it is and in the encodings that it is sent in.
 */
export class Scrubber {
  private readonly texts = new Set<string>();
  private pattern: RegExp | undefined;

  /** Secrets from now on; too short ones and empty ones can't be told from other text. */
  add(...secrets: readonly string[]): void {
    for (const secret of secrets) {
      for (const text of spellings(secret)) if (text.length >= SHORTEST) this.texts.add(text);
    }
    this.pattern = undefined;
  }

  get isEmpty(): boolean {
    return this.texts.size === 0;
  }

  /** How many characters at the end of a text are the beginning of a secret whose rest may still come. */
  beginning(text: string): number {
    let most = 0;
    for (const secret of this.texts) {
      for (let length = Math.min(secret.length - 1, text.length); length > most; length--) {
        if (text.endsWith(secret.slice(0, length))) most = length;
      }
    }
    return most;
  }

  text(text: string): string {
    if (this.isEmpty) return text;
    // The longest first: one secret may be a part of another.
    this.pattern ??= new RegExp(
      [...this.texts]
        .sort((a, b) => b.length - a.length)
        .map(escape)
        .join('|'),
      'g',
    );
    return text.replace(this.pattern, SCRUBBED);
  }

  /** Keys of objects too. */
  json<Value extends Json | undefined>(value: Value): Value {
    return (this.isEmpty ? value : this.clean(value ?? null)) as Value;
  }

  /** The same error with clean texts; its class stays, as does everything that is no text. */
  error<Thrown>(thrown: Thrown): Thrown {
    if (this.isEmpty || !(thrown instanceof Error)) return thrown;
    for (let error: unknown = thrown, depth = 0; error instanceof Error && depth < 8; error = error.cause, depth++) {
      for (const key of Object.getOwnPropertyNames(error)) this.cleanProperty(error, key);
    }
    return thrown;
  }

  private cleanProperty(error: Error, key: string): void {
    const value: unknown = (error as unknown as Record<string, unknown>)[key];
    const isPlain = typeof value === 'string' || Array.isArray(value) || (isJsonObject(value) && !isInstance(value));
    if (!isPlain) return;
    const writable = Object.getOwnPropertyDescriptor(error, key)?.writable ?? false;
    if (writable) Object.assign(error, { [key]: this.clean(value as Json) });
  }

  private clean(value: Json): Json {
    if (typeof value === 'string') return this.text(value);
    if (Array.isArray(value)) return value.map((item) => this.clean(item));
    if (!isJsonObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [this.text(key), this.clean(member)]));
  }
}

function isInstance(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype !== Object.prototype && prototype !== null;
}

/** A secret as it is, and as it looks in URLs, headers, JSON and Basic credentials. */
function spellings(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const url = encodeURIComponent(secret);
  return [
    secret,
    url,
    url.replaceAll('%20', '+'),
    url.toLowerCase(),
    JSON.stringify(secret).slice(1, -1),
    bytes.toString('base64'),
    bytes.toString('base64url'),
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
  ];
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
