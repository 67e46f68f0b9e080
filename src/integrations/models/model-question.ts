import { type Json, type JsonObject } from '../../common/json.js';
import { type JsonSchema } from '../../common/json-schema.js';

/** One message of a conversation. */
export type ModelMessage =
  | { role: 'system' | 'user'; content: string }
  /** What the model said, and what it wanted to be called. */
  | { role: 'assistant'; content: string; calls?: ModelFunctionCall[] }
  /** What a call gave, as text. */
  | { role: 'tool'; content: string; call_id: string };

/** Something that the model can ask to be called. */
export interface ModelFunction {
  /** Letters, digits, `_` and `-`, at most 64. */
  readonly name: string;
  readonly description: string;
  readonly parameters: JsonObject;
}

export type ModelFunctionCall = {
  id: string;
  name: string;
  arguments: Json;
};

/** What a model is asked. */
export interface ModelQuestion {
  /** As the provider calls it. */
  readonly model: string;
  /** Public id of the resource that leads to it; the only one there is when left out. */
  readonly resource?: string | undefined;
  readonly messages: readonly ModelMessage[];
  readonly functions: readonly ModelFunction[];
  /** The answer must be JSON that satisfies it. */
  readonly outputSchema?: JsonSchema | undefined;
  readonly temperature?: number | undefined;
  /** Most tokens of the answer. */
  readonly maxTokens?: number | undefined;
}

/** What a model has answered. */
export type ModelAnswer = {
  text: string;
  calls: ModelFunctionCall[];
  /** The parsed answer, when a schema was asked for and nothing is to be called. */
  output?: Json;
  usage: ModelUsage;
};

export type ModelUsage = {
  model: string;
  input_tokens: number;
  output_tokens: number;
  total_tokens: number;
};
