import ipaddr from 'ipaddr.js';
import { parseDuration } from '../duration.js';

/**
 * One environment variable: how its text becomes a value, its default, and what it means. The type of its default is
 * undefined when it has none.
 */
export interface Variable<Value, Default extends Value | undefined = Value | undefined> {
  readonly about: string;
  readonly default: Default;
  /** @throws Error whose message continues the sentence "<NAME> …". Secrets never appear in it. */
  parse(given: string): Value;
}

/** What variables give: the parsed value, or the default. */
export type ValuesOf<Variables> = {
  [Name in keyof Variables]: Variables[Name] extends Variable<infer Value, infer Default> ? Value | Default : never;
};

interface Description<Default> {
  about: string;
  default?: Default;
}

/** A variable of any kind. */
export function variable<Value, Default extends Value | undefined = undefined>(
  { about, default: fallback }: Description<Default>,
  parse: (given: string) => Value,
): Variable<Value, Default> {
  return { about, default: fallback as Default, parse };
}

export function text<Default extends string | undefined = undefined>(
  rule: Description<Default>,
): Variable<string, Default> {
  return variable(rule, (given) => given);
}

export function boolean<Default extends boolean | undefined = undefined>(
  rule: Description<Default>,
): Variable<boolean, Default> {
  return variable(rule, (given) => {
    if (given === 'true' || given === '1') return true;
    if (given === 'false' || given === '0') return false;
    throw new Error(`must be true or false, not "${given}"`);
  });
}

export function integer<Default extends number | undefined = undefined>(
  rule: Description<Default> & { min: number; max: number },
): Variable<number, Default> {
  return variable(rule, (given) => {
    const value = Number(given);
    if (!Number.isInteger(value) || value < rule.min || value > rule.max) {
      throw new Error(`must be a whole number from ${rule.min} to ${rule.max}, not "${given}"`);
    }
    return value;
  });
}

export function oneOf<const Value extends string, const Default extends Value | undefined = undefined>(
  rule: Description<Default> & { values: readonly Value[] },
): Variable<Value, Default> {
  return variable(rule, (given) => {
    const value = rule.values.find((allowed) => allowed === given);
    if (value === undefined) throw new Error(`must be one of ${rule.values.join(', ')}, not "${given}"`);
    return value;
  });
}

/** A duration such as `12h`, kept as text; or the word that stands for none. */
export function duration<Default extends string | undefined = undefined>(
  rule: Description<Default> & { min: string; max: string; unless: string },
): Variable<string, Default> {
  const [min, max] = [parseDuration(rule.min)!, parseDuration(rule.max)!];
  return variable(rule, (given) => {
    const value = parseDuration(given);
    if (given !== rule.unless && (value === undefined || value < min || value > max)) {
      throw new Error(`must be a duration from ${rule.min} to ${rule.max}, or ${rule.unless}, not "${given}"`);
    }
    return given;
  });
}

/** The value is kept out of the message: a connection string holds a password. */
export function url(rule: { about: string; protocols: readonly string[] }): Variable<string, undefined> {
  return variable(rule, (given) => {
    const parsed = URL.parse(given);
    if (!parsed || !rule.protocols.includes(parsed.protocol)) {
      throw new Error(`must be a URL that starts with ${rule.protocols.map((p) => `${p}//`).join(' or ')}`);
    }
    return given;
  });
}

/** A URL without path, query or fragment, such as `https://seer.example.com`. */
export function origin(rule: { about: string }): Variable<string, undefined> {
  return variable(rule, originOf);
}

export function secret(rule: { about: string; min: number }): Variable<string, undefined> {
  return variable(rule, (given) => {
    if (given.length < rule.min) throw new Error(`must have at least ${rule.min} characters, it has ${given.length}`);
    return given;
  });
}

/** Addresses and networks, comma separated, or one of the names that Express has for those of private networks; by default none. */
export function networks({ about }: { about: string }): Variable<readonly string[], readonly string[]> {
  return variable<readonly string[], readonly string[]>({ about, default: [] }, (given) => {
    const networksGiven = given.split(',').map((one) => one.trim());
    for (const one of networksGiven) {
      if (/^(loopback|linklocal|uniquelocal)$/.test(one) || ipaddr.isValid(one) || ipaddr.isValidCIDR(one)) continue;
      throw new Error(`must be addresses, networks such as 10.0.0.0/8, loopback or uniquelocal, not "${one}"`);
    }
    return networksGiven;
  });
}

/** Several {@link origin}s, comma separated; by default none. */
export function origins({ about }: { about: string }): Variable<readonly string[], readonly string[]> {
  return variable<readonly string[], readonly string[]>({ about, default: [] }, (given) =>
    given.split(',').map((one) => originOf(one.trim())),
  );
}

function originOf(given: string): string {
  const parsed = URL.parse(given);
  const plain = parsed && parsed.pathname === '/' && parsed.search === '' && parsed.hash === '';
  if (!plain || !/^https?:$/.test(parsed.protocol)) {
    throw new Error(`must be an http(s) address without a path, such as https://seer.example.com, not "${given}"`);
  }
  return parsed.origin;
}
