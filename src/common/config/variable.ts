import ipaddr from 'ipaddr.js';
import { parseDuration } from '../duration.js';

/** One environment variable: how its text becomes a value, its default, and what it means. */
export interface Variable<Value> {
  readonly about: string;
  readonly default?: Value;
  /** @throws Error whose message continues the sentence "<NAME> …". Secrets never appear in it. */
  parse(given: string): Value | undefined;
}

interface Description<Value> {
  about: string;
  default?: Value;
}

export function text({ about, default: fallback }: Description<string>): Variable<string> {
  return { about, default: fallback, parse: (given) => given };
}

export function boolean({ about, default: fallback }: Description<boolean>): Variable<boolean> {
  return {
    about,
    default: fallback,
    parse(given) {
      if (given === 'true' || given === '1') return true;
      if (given === 'false' || given === '0') return false;
      throw new Error(`must be true or false, not "${given}"`);
    },
  };
}

export function integer(rule: Description<number> & { min: number; max: number }): Variable<number> {
  return {
    about: rule.about,
    default: rule.default,
    parse(given) {
      const value = Number(given);
      if (!Number.isInteger(value) || value < rule.min || value > rule.max) {
        throw new Error(`must be a whole number from ${rule.min} to ${rule.max}, not "${given}"`);
      }
      return value;
    },
  };
}

export function oneOf<const Value extends string>(
  rule: Description<NoInfer<Value>> & { values: readonly Value[] },
): Variable<Value> {
  return {
    about: rule.about,
    default: rule.default,
    parse(given) {
      const value = rule.values.find((allowed) => allowed === given);
      if (value === undefined) throw new Error(`must be one of ${rule.values.join(', ')}, not "${given}"`);
      return value;
    },
  };
}

/** A duration such as `12h`, kept as text; or the word that stands for none. */
export function duration(rule: Description<string> & { min: string; max: string; unless: string }): Variable<string> {
  const [min, max] = [parseDuration(rule.min)!, parseDuration(rule.max)!];
  return {
    about: rule.about,
    default: rule.default,
    parse(given) {
      const value = parseDuration(given);
      if (given !== rule.unless && (value === undefined || value < min || value > max)) {
        throw new Error(`must be a duration from ${rule.min} to ${rule.max}, or ${rule.unless}, not "${given}"`);
      }
      return given;
    },
  };
}

/** The value is kept out of the message: a connection string holds a password. */
export function url(rule: Description<string> & { protocols: readonly string[] }): Variable<string> {
  return {
    about: rule.about,
    default: rule.default,
    parse(given) {
      const parsed = URL.parse(given);
      if (!parsed || !rule.protocols.includes(parsed.protocol)) {
        throw new Error(`must be a URL that starts with ${rule.protocols.map((p) => `${p}//`).join(' or ')}`);
      }
      return given;
    },
  };
}

/** A URL without path, query or fragment, such as `https://seer.example.com`. */
export function origin(rule: Description<string>): Variable<string> {
  return {
    about: rule.about,
    default: rule.default,
    parse(given) {
      const parsed = URL.parse(given);
      const plain = parsed && parsed.pathname === '/' && parsed.search === '' && parsed.hash === '';
      if (!plain || !/^https?:$/.test(parsed.protocol)) {
        throw new Error(`must be an http(s) address without a path, such as https://seer.example.com, not "${given}"`);
      }
      return parsed.origin;
    },
  };
}

export function secret(rule: { about: string; min: number }): Variable<string> {
  return {
    about: rule.about,
    parse(given) {
      if (given.length < rule.min) throw new Error(`must have at least ${rule.min} characters, it has ${given.length}`);
      return given;
    },
  };
}

/** Addresses and networks, comma separated, or one of the names that Express has for those of private networks. */
export function networks(rule: { about: string }): Variable<readonly string[]> {
  return {
    about: rule.about,
    parse(given) {
      const networksGiven = given.split(',').map((one) => one.trim());
      for (const one of networksGiven) {
        if (/^(loopback|linklocal|uniquelocal)$/.test(one) || ipaddr.isValid(one) || ipaddr.isValidCIDR(one)) continue;
        throw new Error(`must be addresses, networks such as 10.0.0.0/8, loopback or uniquelocal, not "${one}"`);
      }
      return networksGiven;
    },
  };
}

/** Several {@link origin}s, comma separated. */
export function origins(rule: { about: string }): Variable<readonly string[]> {
  const { parse } = origin(rule);
  return { about: rule.about, parse: (given) => given.split(',').map((one) => parse(one.trim())!) };
}
