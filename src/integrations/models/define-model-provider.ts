import { type BaseChatModel } from '@langchain/core/language_models/chat_models';
import { type JsonObject } from '../../common/json.js';
import { type Access } from '../credentials/access.js';

/** What a chat model is made with. */
export interface ChatSettings {
  readonly model: string;
  readonly temperature?: number | undefined;
  readonly maxTokens?: number | undefined;
  /** A `fetch` that goes through egress, bound to the resource. */
  readonly fetch: typeof globalThis.fetch;
}

/** How models are reached through resources of one type. */
export interface ModelProvider {
  /** Key of the resource type that leads to it. */
  readonly resourceType: string;
  /** That of the type: whose service it is. */
  readonly provider: string;
  readonly title: string;
  /** What `model` is called there, for people. */
  readonly models: string;
  /** Makes LangChain's chat model. Its library is loaded when the first one is made. */
  chat(access: Access, settings: ChatSettings): Promise<BaseChatModel>;
  /** Call options that make the answer JSON of this schema. */
  structured(schema: JsonObject): JsonObject;
  /** The models that the resource offers at the moment, by their ids. */
  list(access: Access): Promise<string[]>;
}

/** Defines a model provider: one file beside this one, and one line in the catalogue. */
export function defineModelProvider(provider: ModelProvider): ModelProvider {
  return provider;
}
