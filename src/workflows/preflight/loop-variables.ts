import { type JsonObject } from '../../common/json.js';
import { type BlockPlace } from '../nodes/place.js';

/** Fields in which a node type names the variables of its block. */
const fields = ['as', 'index_as'];

/** The loop variables that a node binds in a block, each with the pointer (inside the node) of where it is named. */
export function loopVariables(node: JsonObject, { binds }: BlockPlace): { name: string; pointer: string }[] {
  return fields.flatMap((field) => {
    const name = node[field];
    return typeof name === 'string' && Object.hasOwn(binds, name) ? [{ name, pointer: `/${field}` }] : [];
  });
}
