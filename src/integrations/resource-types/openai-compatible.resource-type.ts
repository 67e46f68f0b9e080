import { originOf, originSchema } from './base-url.js';
import { defineResourceType } from './define-resource-type.js';
import { openAiCompatibleModels } from '../models/openai-compatible.model-provider.js';

export const openAiCompatible = defineResourceType<{ base_url: string }>({
  key: 'openai_compatible',
  title: 'OpenAI-compatible models',
  description:
    'Language models of OpenAI, or of any server that speaks its Chat Completions: Azure, OpenRouter, vLLM, Ollama, LM Studio … ' +
    'For `llm` nodes.',
  provider: 'openai',
  metadata: {
    type: 'object',
    additionalProperties: false,
    properties: { base_url: { ...originSchema, default: 'https://api.openai.com/v1' } },
  },
  secrets: {
    type: 'object',
    additionalProperties: false,
    properties: { api_key: { type: 'string', description: 'Local servers need none.' } },
  },
  example: { metadata: { base_url: 'https://api.openai.com/v1' }, secrets: { api_key: 'sk-…' } },
  targets: ({ base_url: base }) => [originOf(base)],
  async test(access) {
    const models = await openAiCompatibleModels.list(access);
    return `It offers ${models.length} models: ${models.slice(0, 10).join(', ')}${models.length > 10 ? ', …' : ''}.`;
  },
});
