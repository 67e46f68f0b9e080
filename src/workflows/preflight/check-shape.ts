import { isJsonObject, type Json, pointerTo } from '../../common/json.js';
import { InvalidSchemaError, type JsonSchema, schemaValidator } from '../../common/json-schema.js';
import { type NodeCatalogue } from '../nodes/catalogue.js';
import { type FindingCode, type FindingList } from '../spec/findings.js';
import { limits } from '../spec/limits.js';
import { reservedRoots } from '../spec/workflow-spec.js';
import { nodeValidator, specSchema } from './spec-schema.js';

/**
 * Stage 1 of the preflight: is every value where and what it should be? Goes on after a fault, so that one report
 * names them all.
 */
export function checkShape(spec: Json, nodeTypes: NodeCatalogue, found: FindingList): void {
  if (!isJsonObject(spec)) {
    found.error('spec-not-object', { pointer: '' }, `A spec is a JSON object, this is ${describe(spec)}.`);
    return;
  }
  const bytes = Buffer.byteLength(JSON.stringify(spec));
  if (bytes > limits.specBytes) {
    found.error(
      'spec-too-large',
      { pointer: '' },
      `The spec has ${bytes} bytes, at most ${limits.specBytes} are allowed.`,
    );
    return;
  }
  for (const fault of schemaValidator(specSchema).validate(spec)) {
    found.error(fault.code as FindingCode, { pointer: fault.pointer }, sentence(fault.message));
  }
  checkInputsSchema(spec.inputs, found);
  new ShapeWalk(nodeTypes, found).block(spec.nodes, '/nodes', 1);
}

function checkInputsSchema(inputs: Json | undefined, found: FindingList): void {
  if (!isJsonObject(inputs)) return;
  try {
    schemaValidator(inputs as JsonSchema);
  } catch (error) {
    if (!(error instanceof InvalidSchemaError)) throw error;
    found.error('schema-invalid', { pointer: '/inputs' }, `The schema of the inputs is not valid: ${error.message}.`);
  }
}

class ShapeWalk {
  private readonly pointerOfId = new Map<string, string>();
  private nodes = 0;

  constructor(
    private readonly nodeTypes: NodeCatalogue,
    private readonly found: FindingList,
  ) {}

  block(nodes: unknown, pointer: string, depth: number): void {
    if (!Array.isArray(nodes)) return;
    if (depth > limits.nesting) {
      this.found.error(
        'nesting-too-deep',
        { pointer },
        `Blocks are nested ${depth} deep, at most ${limits.nesting} may be.`,
      );
      return;
    }
    nodes.forEach((node: Json, index) => this.node(node, pointerTo(pointer, index), depth));
  }

  private node(node: Json, pointer: string, depth: number): void {
    if (!isJsonObject(node)) {
      this.found.error('wrong-type', { pointer }, `A node is a JSON object, this is ${describe(node)}.`);
      return;
    }
    if (++this.nodes === limits.nodes + 1) {
      this.found.error('too-many-nodes', { pointer }, `The spec has more than ${limits.nodes} nodes.`);
    }
    const id = typeof node.id === 'string' ? node.id : null;
    this.checkId(id, pointer);
    const type = typeof node.type === 'string' ? this.nodeTypes.get(node.type) : undefined;
    if (typeof node.type === 'string' && !type) {
      const known = [...this.nodeTypes.keys()].join(', ');
      this.found.error(
        'node-type-unknown',
        { node: id, pointer: `${pointer}/type` },
        `There is no node type "${node.type}"; there are: ${known}.`,
      );
    }
    for (const fault of nodeValidator(type).validate(node)) {
      this.found.error(
        fault.code as FindingCode,
        { node: id, pointer: pointer + fault.pointer },
        sentence(fault.message),
      );
    }
    this.block(node.on_error, `${pointer}/on_error`, depth + 1);
    for (const place of type?.places(node as never) ?? []) {
      if (place.kind === 'block') this.block(place.nodes, pointer + place.pointer, depth + 1);
    }
  }

  private checkId(id: string | null, pointer: string): void {
    if (id === null) return;
    const at = { node: id, pointer: `${pointer}/id` };
    if ((reservedRoots as readonly string[]).includes(id)) {
      this.found.error('node-id-reserved', at, `"${id}" has a meaning of its own in expressions; choose another id.`);
    }
    const first = this.pointerOfId.get(id);
    if (first !== undefined) {
      this.found.error('node-id-duplicate', at, `The id "${id}" is taken by the node at ${first}.`);
    } else {
      this.pointerOfId.set(id, pointer);
    }
  }
}

function describe(value: Json): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`;
}

function sentence(message: string): string {
  return `${message.charAt(0).toUpperCase()}${message.slice(1)}.`;
}
