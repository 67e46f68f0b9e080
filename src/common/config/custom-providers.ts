import { isJsonObject } from '../json.js';
import { type Variable, variable } from './variable.js';

/** An OpenID Connect issuer that people may connect accounts of. */
export interface CustomProvider {
  readonly key: string;
  readonly title: string;
  readonly issuer: string;
  /** Asked for besides `openid`, each with what it lets Seer do. */
  readonly scopes: Readonly<Record<string, string>>;
  readonly clientAuthentication: 'basic' | 'post';
  /** Base URLs of the APIs that its tokens are for: they are sent nowhere else. */
  readonly apis: readonly string[];
}

const shape =
  'must be a JSON array such as [{"key":"acme","title":"Acme","issuer":"https://login.acme.example",' +
  '"scopes":{"email":"See your address","offline_access":"Stay connected"},"client_authentication":"basic"}]';

/** Names that stand where keys of providers do in the paths of the API. */
const taken = new Set(['connections', 'providers', 'resources']);

/** A variable that lists custom providers; by default none. */
export function customProviders({ about }: { about: string }): Variable<CustomProvider[], CustomProvider[]> {
  return variable<CustomProvider[], CustomProvider[]>({ about, default: [] }, (given) => listOf(given).map(providerOf));
}

function listOf(text: string): unknown[] {
  try {
    const list: unknown = JSON.parse(text);
    if (Array.isArray(list)) return list;
  } catch {
    // Said below.
  }
  throw new Error(shape);
}

function providerOf(entry: unknown): CustomProvider {
  if (!isJsonObject(entry)) throw new Error(shape);
  const {
    key,
    title = key,
    issuer,
    scopes = {},
    client_authentication: authentication = 'basic',
    apis = [],
    ...rest
  } = entry;
  if (typeof key !== 'string' || !/^[a-z][a-z0-9_]{0,31}$/.test(key)) {
    throw new Error(`${shape}; a key has lower case letters, digits and _, at most 32`);
  }
  if (taken.has(key)) throw new Error(`${shape}; the key "${key}" is taken by a route`);
  if (!isHttpUrl(issuer)) throw new Error(`${shape}; the issuer of "${key}" is no http or https URL`);
  if (!isJsonObject(scopes) || Object.values(scopes).some((text) => typeof text !== 'string')) {
    throw new Error(`${shape}; the scopes of "${key}" must be texts by scope`);
  }
  if (authentication !== 'basic' && authentication !== 'post') {
    throw new Error(`${shape}; client_authentication of "${key}" must be basic or post`);
  }
  if (!Array.isArray(apis) || !apis.every(isHttpUrl)) {
    throw new Error(`${shape}; the apis of "${key}" must be http or https URLs`);
  }
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) throw new Error(`${shape}; "${key}" has an unknown member "${unknown}"`);
  return {
    key,
    title: String(title as string),
    issuer,
    scopes: scopes as Record<string, string>,
    clientAuthentication: authentication,
    apis,
  };
}

function isHttpUrl(value: unknown): value is string {
  return typeof value === 'string' && /^https?:$/.test(URL.parse(value)?.protocol ?? '');
}
