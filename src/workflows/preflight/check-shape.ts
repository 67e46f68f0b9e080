import { isJsonObject, type Json, type JsonObject, pointerTo } from '../../common/json.js';
import { InvalidSchemaError, type JsonSchema, schemaValidator } from '../../common/json-schema.js';
import { type NodeCatalogue } from '../nodes/catalogue.js';
import { type NodeType } from '../nodes/define-node.js';
import { type FindingCode, type FindingList } from '../spec/findings.js';
import { limits } from '../spec/limits.js';
import { isReservedName } from '../spec/names.js';
import { describe } from './describe.js';
import { loopVariables } from './loop-variables.js';
import { nodeValidator, specValidator } from './spec-schema.js';

/**
 * Stage 1 of the preflight: is every value where and what it should be? Goes on after a fault, so that one report
 * names them all.
 */
export function checkShape(spec: JsonObject, nodeTypes: NodeCatalogue, found: FindingList): void {
  for (const { code, pointer, message } of specValidator.validate(spec)) {
    found.error(code as FindingCode, { pointer }, message);
  }
  checkSchema(spec.inputs, '/inputs', 'the inputs', found);
  new ShapeWalk(nodeTypes, found).block(spec.nodes, '/nodes', 1);
}

function checkSchema(schema: Json | undefined, pointer: string, of: string, found: FindingList, node?: string | null) {
  if (!isJsonObject(schema)) return;
  if ('$async' in schema) {
    // Ajv's own keyword: checks would answer with promises, which are always truthy.
    const message = `The schema of ${of} cannot be asynchronous.`;
    found.error('schema-invalid', { node, pointer: `${pointer}/$async` }, message);
    return;
  }
  try {
    schemaValidator(schema as JsonSchema);
  } catch (error) {
    if (!(error instanceof InvalidSchemaError)) throw error;
    found.error('schema-invalid', { node, pointer }, `The schema of ${of} is not valid: ${error.message}.`);
  }
}

class ShapeWalk {
  private readonly pointerOfId = new Map<string, string>();

  constructor(
    private readonly nodeTypes: NodeCatalogue,
    private readonly found: FindingList,
  ) {}

  block(nodes: unknown, pointer: string, depth: number): void {
    if (!Array.isArray(nodes)) return;
    if (depth > limits.nesting) {
      const message = `Blocks are nested ${depth} deep, at most ${limits.nesting} may be.`;
      this.found.error('nesting-too-deep', { pointer }, message);
      return;
    }
    nodes.forEach((node: Json, index) => this.node(node, pointerTo(pointer, index), depth));
  }

  private node(node: Json, pointer: string, depth: number): void {
    if (!isJsonObject(node)) {
      this.found.error('wrong-type', { pointer }, `A node is a JSON object, this is ${describe(node)}.`);
      return;
    }
    const id = typeof node.id === 'string' ? node.id : null;
    const type = typeof node.type === 'string' ? this.nodeTypes.get(node.type) : undefined;
    if (id !== null) this.checkId(id, pointer);
    this.checkFields(node, type, { node: id, pointer });
    this.block(node.on_error, `${pointer}/on_error`, depth + 1);
    for (const place of type?.places(node as never) ?? []) {
      if (place.kind !== 'block') continue;
      for (const variable of loopVariables(node, place)) {
        if (!isReservedName(variable.name)) continue;
        const message = `"${variable.name}" has a meaning of its own in expressions; choose another name.`;
        this.found.error('variable-reserved', { node: id, pointer: pointer + variable.pointer }, message);
      }
      this.block(place.nodes, pointer + place.pointer, depth + 1);
    }
  }

  private checkFields(
    node: JsonObject,
    type: NodeType | undefined,
    at: { node: string | null; pointer: string },
  ): void {
    if (typeof node.type === 'string' && !type) {
      const known = [...this.nodeTypes.keys()].join(', ');
      const message = `There is no node type "${node.type}"; there are: ${known}.`;
      this.found.error('node-type-unknown', { ...at, pointer: `${at.pointer}/type` }, message);
    }
    for (const { code, pointer, message } of nodeValidator(type).validate(node)) {
      this.found.error(code as FindingCode, { ...at, pointer: at.pointer + pointer }, message);
    }
    if (type) this.checkExtras(node, type, at);
  }

  private checkExtras(node: JsonObject, type: NodeType, at: { node: string | null; pointer: string }): void {
    const given = type.oneOf?.filter((field) => field in node);
    if (given && given.length !== 1) {
      const message = `A ${type.key} node has exactly one of ${type.oneOf!.join(' and ')}.`;
      this.found.error(given.length === 0 ? 'missing-field' : 'not-allowed', at, message);
    }
    for (const field of type.schemas ?? []) {
      checkSchema(node[field], `${at.pointer}/${field}`, `${at.node ?? 'the node'}.${field}`, this.found, at.node);
    }
  }

  private checkId(id: string, pointer: string): void {
    const at = { node: id, pointer: `${pointer}/id` };
    if (isReservedName(id)) {
      this.found.error('node-id-reserved', at, `"${id}" has a meaning of its own in expressions; choose another id.`);
    }
    const first = this.pointerOfId.get(id);
    if (first === undefined) this.pointerOfId.set(id, pointer);
    else this.found.error('node-id-duplicate', at, `The id "${id}" is taken by the node at ${first}.`);
  }
}
