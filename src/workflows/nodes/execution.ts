import { type Json, type JsonObject } from '../../common/json.js';
import { type ModelAnswer, type ModelQuestion, type ToolFunction } from '../../integrations/index.js';
import { type Pause, type PauseEnd } from './pause.js';

/** The values that expressions can refer to at one place, by name. */
export type Scope = Readonly<JsonObject>;

/** One execution of one leaf: what it is given. */
export interface Execution {
  readonly nodeId: string;
  readonly scope: Scope;
  /** Where in the run this is: the node's id and the indexes of the loops around it, such as `send[7]`. */
  readonly path: string;
  /** Counts from 1. */
  readonly attempt: number;
  /** Aborts when the run ends early or the node's time is over. */
  readonly signal: AbortSignal;
  callTool(call: ToolCall, execution: Execution): Promise<Json>;
  /** What a tool is to models, where that is known to its resource only. */
  listFunctions(call: Omit<ToolCall, 'withSecrets'>, execution: Execution): Promise<ToolFunction[]>;
  /** Runs another workflow as a child of this run. */
  callWorkflow(call: WorkflowCall, execution: Execution): Promise<Json>;
  /**
   * Waits here, holding no worker: the run is executed again when the pause is over, up to this very call.
   * @param begin makes the pause when the run comes here for the first time
   * @returns how it is over
   * @throws RunPaused while it is not
   */
  pause(begin: () => Omit<Pause, 'node_id'>): PauseEnd;
  /** Asks a language model. */
  askModel(call: ModelCall, execution: Execution): Promise<ModelAnswer>;
  /**
   * A part of the node that is recorded by itself, at `<path>.<name>`: what was recorded is not done again, whatever becomes of
   * the node. For nodes that touch the world more than once.
   * @param name the same whenever the node comes here
   */
  part(name: string, work: (execution: Execution) => Promise<Json>): Promise<Json>;
  /** What the node was called with, for its step; never a secret. */
  showInputs(inputs: Json): void;
  /** What it used up, for its step. */
  showUsage(usage: Usage): void;
}

/** Tokens of a language model. */
export type Usage = {
  model: string;
  input_tokens: number;
  output_tokens: number;
  total_tokens: number;
  /** Of a node that asked more than once: it is the sum of what its parts used. */
  rounds?: number;
};

/** A call of a tool by a node; the inputs are evaluated. */
export interface ToolCall {
  readonly nodeId: string;
  readonly tool: string;
  /** Secrets that they refer to are left out: see {@link SecretInputs}. */
  readonly inputs: JsonObject;
  readonly withSecrets?: SecretInputs | undefined;
  /** Public ids of the account and the resource that the node names. */
  readonly connection?: string | undefined;
  readonly resource?: string | undefined;
}

/** Evaluates inputs with the secrets of the resource; called inside the tool's call only, and kept nowhere. */
export type SecretInputs = (secrets: Readonly<Record<string, string>>) => JsonObject;

/** A question to a language model. */
export interface ModelCall extends ModelQuestion {
  readonly nodeId: string;
}

/** A call of another workflow by a node; everything is evaluated. */
export interface WorkflowCall {
  readonly nodeId: string;
  /** Public id. */
  readonly workflowId: string;
  readonly version: 'published' | number;
  readonly inputs: Json;
}
