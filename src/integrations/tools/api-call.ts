import { type EgressRequest, type EgressResponse } from '../../common/egress/egress.types.js';
import { type Json } from '../../common/json.js';
import { type OAuthProvider } from '../../oauth/index.js';
import { parseJson } from './parse-json.js';
import { ToolError } from './tool-error.js';

/** A call of an API of a provider. */
export interface ApiRequest {
  /** GET when left out. */
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS';
  /** Which of the provider's APIs: a key of its `apis`. */
  readonly api: string;
  /** Made with {@link apiPath}, so that inputs can't lead elsewhere. */
  readonly path: ApiPath;
  /** Added to the path, encoded; undefined is left out, a list is repeated. */
  readonly query?: Readonly<Record<string, QueryValue | readonly QueryValue[] | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: Json;
}

type QueryValue = string | number | boolean;

/** The answer of an API. */
export interface ApiAnswer {
  readonly host: string;
  readonly method: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed JSON; text if it is none, null if there is nothing. */
  readonly body: Json;
}

/** A path whose parts are encoded: {@link apiPath} makes it. */
export type ApiPath = string & { readonly __apiPath: true };

/**
 * Tagged template for paths: apiPath`/repos/${owner}/${name}/issues`. A value is one segment, whatever is in it.
 * @throws ToolError for a value that would not stay one segment
 */
export function apiPath(texts: TemplateStringsArray, ...values: readonly (string | number)[]): ApiPath {
  const path = texts.reduce((path, text, index) => path + segment(values[index - 1]!) + text);
  return path as ApiPath;
}

function segment(value: string | number): string {
  const text = String(value);
  // The URL Standard would take these for steps in the path, in any spelling.
  if (text === '' || text === '.' || text === '..') {
    throw new ToolError('input-invalid', `"${text}" can't be a part of the address of an API.`, false);
  }
  return encodeURIComponent(text);
}

/** @throws Error when the tool names an API that its provider hasn't: a mistake of ours */
export function requestOf(
  { method = 'GET', api, path, query = {}, headers = {}, body }: ApiRequest,
  { key, apis = {} }: Pick<OAuthProvider, 'key' | 'apis'>,
): EgressRequest {
  const base = apis[api];
  if (base === undefined) throw new Error(`${key} has no API "${api}"`);
  const url = new URL(base.replace(/\/$/, '') + path);
  for (const [name, value] of Object.entries(query)) {
    for (const one of [value ?? []].flat() as QueryValue[]) url.searchParams.append(name, String(one));
  }
  return {
    method,
    url: url.href,
    headers: {
      accept: 'application/json',
      ...(body !== undefined && { 'content-type': 'application/json; charset=utf-8' }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  };
}

/** JSON is parsed whatever the headers say. @throws ToolError for a number that can't be kept */
export function answerOf({ status, headers, body, url }: EgressResponse, method: string): ApiAnswer {
  return { host: new URL(url).host, method, status, headers, body: parse(body) };
}

function parse(body: Buffer): Json {
  if (body.length === 0) return null;
  const text = body.toString('utf8');
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof ToolError) throw error;
    return text;
  }
}
