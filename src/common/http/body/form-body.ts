import { isUtf8 } from 'node:buffer';
import { type Request } from 'express';
import { JsonRefusedError, MediaTypeUnsupportedError } from './body.errors.js';
import { findTextFault } from './json-hygiene.js';
import { rawBodyOf } from './json-body.js';

/** Whether the body says that it is a form. */
export function isForm(contentType: string | undefined): boolean {
  return /^application\/x-www-form-urlencoded\s*(?:;|$)/i.test(contentType ?? '');
}

/**
 * The fields of a form that a browser has sent.
 * @throws MediaTypeUnsupportedError, JsonRefusedError
 */
export function formOf(request: Request): URLSearchParams {
  const type = request.headers['content-type'];
  if (!isForm(type)) {
    throw new MediaTypeUnsupportedError(type, 'application/x-www-form-urlencoded');
  }
  return fieldsIn(rawBodyOf(request) ?? Buffer.alloc(0));
}

/** The fields of a form, with the same hygiene as JSON. @throws JsonRefusedError */
export function fieldsIn(bytes: Buffer): URLSearchParams {
  const form = new URLSearchParams(isUtf8(bytes) ? bytes.toString('utf8') : '');
  for (const [name, value] of form) {
    const fault = findTextFault(name) ?? findTextFault(value);
    if (fault) throw new JsonRefusedError({ ...fault, pointer: `/${name.slice(0, 100)}` });
  }
  return form;
}
