import { type Fault } from '../errors.js';

/** One step of a JSON pointer, escaped: `~` as `~0`, `/` as `~1` (RFC 6901 section 3). */
export function pointerStep(key: string): string {
  return `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** The same fault, seen from the object or array that holds it under `key`. */
export function within(key: string, fault: Fault): Fault {
  return { ...fault, pointer: pointerStep(key) + fault.pointer };
}
