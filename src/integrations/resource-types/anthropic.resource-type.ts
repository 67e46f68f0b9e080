import { originOf, originSchema } from './base-url.js';
import { defineResourceType } from './define-resource-type.js';
import { anthropicModels } from '../models/anthropic.model-provider.js';

export const anthropic = defineResourceType<{ base_url: string }>({
  key: 'anthropic',
  title: 'Anthropic models',
  description: 'The language models of Anthropic, for `llm` nodes.',
  provider: 'anthropic',
  metadata: {
    type: 'object',
    additionalProperties: false,
    properties: { base_url: { ...originSchema, default: 'https://api.anthropic.com' } },
  },
  secrets: {
    type: 'object',
    additionalProperties: false,
    required: ['api_key'],
    properties: { api_key: { type: 'string' } },
  },
  example: { metadata: {}, secrets: { api_key: 'sk-ant-…' } },
  targets: ({ base_url: base }) => [originOf(base)],
  async test(access) {
    const models = await anthropicModels.list(access);
    return `It offers ${models.length} models: ${models.slice(0, 10).join(', ')}${models.length > 10 ? ', …' : ''}.`;
  },
});
