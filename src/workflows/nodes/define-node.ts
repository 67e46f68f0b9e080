import { type Json, type JsonObject } from '../../common/json.js';
import { type JsonSchema } from '../../common/json-schema.js';
import { type CredentialNeeds, type Effect, type ToolCatalogue } from '../../integrations/index.js';
import { type NodeSpec } from '../spec/workflow-spec.js';
import { type ControlFlow } from './control-flow.js';
import { type Execution } from './execution.js';
import { type Place } from './place.js';

/** The value of a leaf at one execution. Thrown errors become the step's error. */
export type Leaf = (execution: Execution) => Json | Promise<Json>;

/** Something that a node works with: the preflight looks whether it is there and fits. */
export interface NodeUse {
  /** Key of a tool, or what the node itself needs. */
  readonly what: string | CredentialNeeds;
  /** Pointer inside the node to what has these fields. */
  readonly pointer: string;
  /** Pointer to the tool's key, where that is not `<pointer>/tool`. */
  readonly toolPointer?: string;
  /** Inputs of the tool, as they stand in the spec; `partial`: others are given when it is called. */
  readonly inputs?: JsonObject;
  readonly partial?: true;
  readonly connection?: string;
  readonly resource?: string;
}

interface NodeTypeCommon<Node extends NodeSpec> {
  /** The `type` in a spec. */
  readonly key: string;
  readonly title: string;
  /** What it does and what its value is, for the catalogue. */
  readonly description: string;
  /** JSON Schemas of the fields beyond those that every node has. */
  readonly fields: Readonly<Record<string, JsonSchema>>;
  /** Which of the fields must be there. */
  readonly required: readonly string[];
  /** Exactly one of these fields must be there. */
  readonly oneOf?: readonly string[];
  /** Fields that hold a JSON Schema. */
  readonly schemas?: readonly string[];
  /** A node of this type that works, for the documentation. */
  readonly example: Json;
  /**
   * Where the expressions, templates and blocks of a node are: this alone drives name resolution, type checks, the
   * graph and the documentation. Must not throw on wrong shapes: drafts are checked while they are incomplete.
   */
  places(node: Node): Place[];
  /** What it works with. Must not throw on wrong shapes either. */
  uses?(node: Node): NodeUse[];
  /** Schema of the node's value; `blocks` has the value schema of each of its blocks by pointer. */
  valueSchema(node: Node, context: { blocks: ReadonlyMap<string, JsonSchema>; tools: ToolCatalogue }): JsonSchema;
}

/** A node that computes or does something itself. */
export interface LeafNodeType<Node extends NodeSpec = NodeSpec> extends NodeTypeCommon<Node> {
  /** `none` when left out. */
  effect?(node: Node, tools: ToolCatalogue): Effect;
  /** It throws RunStopped: the run ends COMPLETED here. */
  readonly endsRun?: boolean;
  /** Called once at compile time: parse what can be parsed, return what runs. */
  prepare(node: Node, tools: ToolCatalogue): Leaf;
}

/** A node that decides which of its blocks run, and how. */
export interface ControlNodeType<Node extends NodeSpec = NodeSpec> extends NodeTypeCommon<Node> {
  /** The shape of the control flow; the compiler makes graph nodes and edges of it. */
  flow(node: Node): ControlFlow;
}

export type NodeType = LeafNodeType | ControlNodeType;

/** Defines a leaf: one file beside this one, and one line in the catalogue. */
export function defineLeaf<Node extends NodeSpec>(type: LeafNodeType<Node>): LeafNodeType {
  return type as unknown as LeafNodeType;
}

/** Defines a control-flow node: one file beside this one, and one line in the catalogue. */
export function defineControl<Node extends NodeSpec>(type: ControlNodeType<Node>): ControlNodeType {
  return type as unknown as ControlNodeType;
}

export function isLeaf(type: NodeType): type is LeafNodeType {
  return 'prepare' in type;
}

/** JSON Schema of a nested block as far as its own level goes; the spec's walk goes into it. */
export const blockSchema: JsonSchema = { type: 'array', description: 'A block: nodes that run in order.' };

export const expressionSchema: JsonSchema = {
  type: 'string',
  minLength: 1,
  maxLength: 10_000,
  description: 'A CEL expression.',
};
