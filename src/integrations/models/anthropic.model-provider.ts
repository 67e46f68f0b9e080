import { type JsonObject } from '../../common/json.js';
import { resourceOf } from '../credentials/access.js';
import { defineModelProvider } from './define-model-provider.js';
import { listModels } from './model-list.js';

/** The version of the API that Anthropic's libraries ask for. */
const API_VERSION = '2023-06-01';

/** The API wants a limit in any case; this one every model allows. */
const DEFAULT_MAX_TOKENS = 4_096;

export const anthropicModels = defineModelProvider({
  resourceType: 'anthropic',
  provider: 'anthropic',
  title: 'Anthropic',
  models: 'Those of Anthropic, such as claude-sonnet-4-5.',
  async chat(access, { model, temperature, maxTokens = DEFAULT_MAX_TOKENS, fetch }) {
    const { ChatAnthropic } = await import('@langchain/anthropic');
    const { metadata, secrets } = resourceOf(access);
    return new ChatAnthropic({
      model,
      apiKey: secrets.api_key!,
      anthropicApiUrl: metadata.base_url as string,
      maxTokens,
      ...(temperature !== undefined && { temperature }),
      // The node's own `retry` decides.
      maxRetries: 0,
      clientOptions: { fetch, maxRetries: 0, logLevel: 'off', authToken: null },
    });
  },
  structured: (schema: JsonObject) => ({ outputConfig: { format: { type: 'json_schema', schema } } }),
  list: async (access) => {
    const { secrets } = resourceOf(access);
    return listModels(access, { 'x-api-key': secrets.api_key!, 'anthropic-version': API_VERSION }, '/v1');
  },
});
