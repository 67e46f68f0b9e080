import { type Fault } from '../errors.js';
import { pointerTo } from '../json.js';

/** The same fault, seen from the object or array that holds it under `key`. */
export function within(key: string, fault: Fault): Fault {
  return { ...fault, pointer: pointerTo('', key) + fault.pointer };
}
