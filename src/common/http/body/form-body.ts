import { isUtf8 } from 'node:buffer';
import { type Request } from 'express';
import { JsonRefusedError, MediaTypeUnsupportedError } from './body.errors.js';
import { findTextFault } from './json-hygiene.js';
import { rawBodyOf } from './json-body.js';

/**
 * The fields of a form that a browser has sent, with the same hygiene as JSON.
 * @throws MediaTypeUnsupportedError, JsonRefusedError
 */
export function formOf(request: Request): URLSearchParams {
  const type = request.headers['content-type'];
  if (!/^application\/x-www-form-urlencoded\s*(?:;|$)/i.test(type ?? '')) {
    throw new MediaTypeUnsupportedError(type, 'application/x-www-form-urlencoded');
  }
  const bytes = rawBodyOf(request) ?? Buffer.alloc(0);
  const form = new URLSearchParams(isUtf8(bytes) ? bytes.toString('utf8') : '');
  for (const [name, value] of form) {
    const fault = findTextFault(name) ?? findTextFault(value);
    if (fault) throw new JsonRefusedError({ ...fault, pointer: `/${name.slice(0, 100)}` });
  }
  return form;
}
