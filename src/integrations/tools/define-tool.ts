import { type Json, type JsonObject } from '../../common/json.js';
import { type JsonSchema } from '../../common/json-schema.js';
import { type Access } from '../credentials/access.js';

/**
 * What running something does to the world: `none` is recomputed for free after a crash, `read` and `write` are
 * recorded before the next node starts, and a fork never repeats a `write`.
 */
export type Effect = 'none' | 'read' | 'write';

/** What a tool is given to work with, besides its input. */
export interface ToolContext extends Access {
  /** Stable for one execution of a node, the same when it is repeated after a crash: `run_id:node_id:path`. */
  readonly idempotencyKey: string;
}

/** What something has to prove itself with before it can work. */
export interface CredentialNeeds {
  /** Who asks, in messages: the key of a tool, or the type of a node. */
  readonly key: string;
  /** Key of the provider whose accounts it works with; `*`: any. */
  readonly provider?: string;
  /** What a connection must be granted for it. */
  readonly scopes?: readonly string[];
  /** Types of resource it works with. */
  readonly resourceTypes?: readonly string[];
  /** It can work without: an account or a resource is used only when the node names it. */
  readonly credentialsOptional?: true;
}

/** One of the functions that a tool is to a model. */
export type ToolFunction = {
  /** What the other side calls it. */
  name: string;
  description: string;
  /** JSON Schema of its arguments. */
  parameters: JsonObject;
};

/** A tool that is many: what it can do is known to its resource only. */
export interface ToolFunctions {
  /** @param fixed inputs that the model does not choose: they may leave fewer functions */
  list(access: Access, fixed: JsonObject): Promise<ToolFunction[]>;
  /** The tool's inputs for a call of one of them. */
  inputs(name: string, given: JsonObject): JsonObject;
}

/** Something a `tool` node can call. */
export interface Tool<Input extends JsonObject = JsonObject> extends CredentialNeeds {
  /** `<provider or kind>.<verb>`, e.g. `http.request`. */
  readonly key: string;
  readonly title: string;
  readonly description: string;
  /** May depend on the inputs as written in the spec, where expressions are still text. */
  readonly effect: Effect | ((inputs: JsonObject) => Effect);
  readonly input: JsonSchema;
  readonly output: JsonSchema;
  /** Inputs that must stand in the spec as they are: with an expression inside, data could become code. */
  readonly literalInputs?: readonly string[];
  /** Its inputs may have `${secrets.…}` of its resource: they go nowhere but to that. */
  readonly takesSecrets?: true;
  /** What models see in its place. */
  readonly functions?: ToolFunctions;
  /** Inputs that work, for the documentation. */
  readonly example: JsonObject;
  /** Hosts the inputs name literally, for the preflight report. */
  hosts?(inputs: JsonObject): string[];
  /** @throws ToolError (or an error of egress) when it fails. */
  run(context: ToolContext, input: Input): Promise<Json>;
}

/** Defines a tool: one file beside this one, and one line in the catalogue. */
export function defineTool<Input extends JsonObject>(tool: Tool<Input>): Tool {
  return tool as unknown as Tool;
}
