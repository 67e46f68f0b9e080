import { type Json, type JsonObject } from '../../common/json.js';
import { type JsonSchema } from '../../common/json-schema.js';
import { type EgressService } from '../../common/egress/egress.service.js';

/**
 * What running something does to the world: `none` is recomputed for free after a crash, `read` and `write` are
 * recorded before the next node starts, and a fork never repeats a `write`.
 */
export type Effect = 'none' | 'read' | 'write';

/** What a tool is given to work with, besides its input. */
export interface ToolContext {
  /** The only way out of the process. */
  readonly egress: EgressService;
  /** Aborts when the run is cancelled or the node's time is over. */
  readonly signal: AbortSignal;
  /** Stable for one execution of a node, the same when it is repeated after a crash: `run_id:node_id:path`. */
  readonly idempotencyKey: string;
}

/** Something a `tool` node can call. */
export interface Tool<Input extends JsonObject = JsonObject> {
  /** `<provider or kind>.<verb>`, e.g. `http.request`. */
  readonly key: string;
  readonly title: string;
  readonly description: string;
  /** Key of the provider whose accounts it works with. */
  readonly provider?: string;
  /** What a connection must be granted for it. */
  readonly scopes?: readonly string[];
  /** May depend on the inputs as written in the spec, where expressions are still text. */
  readonly effect: Effect | ((inputs: JsonObject) => Effect);
  readonly input: JsonSchema;
  readonly output: JsonSchema;
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

/** A tool failed in a way it understands. */
export class ToolError extends Error {
  override readonly name = 'ToolError';

  constructor(
    /** Stable; `upstream-error` when the other side is at fault, `upstream-refused` when it says no. */
    readonly code: 'upstream-error' | 'upstream-refused' | 'input-invalid',
    message: string,
    /** Whether trying again may help. */
    readonly retryable: boolean,
    /** What the other side answered, shortened. */
    readonly problem?: Json,
  ) {
    super(message);
  }
}
