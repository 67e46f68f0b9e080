import { type Json, type JsonObject } from '../../common/json.js';

/** The values that expressions can refer to at one place, by name. */
export type Scope = Readonly<JsonObject>;

/** One execution of one leaf: what it is given. */
export interface Execution {
  readonly scope: Scope;
  /** Where in the run this is: the node's id and the indexes of the loops around it, such as `send[7]`. */
  readonly path: string;
  /** Counts from 1. */
  readonly attempt: number;
  /** Aborts when the run ends early or the node's time is over. */
  readonly signal: AbortSignal;
  callTool(call: ToolCall, execution: Execution): Promise<Json>;
}

/** A call of a tool by a node; the inputs are evaluated. */
export interface ToolCall {
  readonly nodeId: string;
  readonly tool: string;
  readonly inputs: JsonObject;
}
