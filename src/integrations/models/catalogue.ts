import { anthropicModels } from './anthropic.model-provider.js';
import { type ModelProvider } from './define-model-provider.js';
import { openAiCompatibleModels } from './openai-compatible.model-provider.js';

/** Every way to language models; a new one is a file beside this one, a line here, and a resource type that leads to it. */
export const modelProviders: readonly ModelProvider[] = [openAiCompatibleModels, anthropicModels];

/** What an `llm` node needs: a resource of one of these types. */
export const modelNeeds = { key: 'llm', resourceTypes: modelProviders.map(({ resourceType }) => resourceType) };
