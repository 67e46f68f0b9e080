import { type JsonObject } from '../../common/json.js';
import { resourceOf } from '../credentials/access.js';
import { defineModelProvider } from './define-model-provider.js';
import { listModels } from './model-list.js';

export const openAiCompatibleModels = defineModelProvider({
  resourceType: 'openai_compatible',
  provider: 'openai',
  title: 'OpenAI and servers that speak its Chat Completions',
  models: 'As the server lists them, such as gpt-4.1-mini at OpenAI or qwen3:8b at Ollama.',
  async chat(access, { model, temperature, maxTokens, fetch }) {
    const { ChatOpenAICompletions } = await import('@langchain/openai');
    const { metadata, secrets } = resourceOf(access);
    const { api_key: apiKey } = secrets;
    return new ChatOpenAICompletions({
      model,
      // Everything is given, so that nothing is taken from variables of the environment.
      apiKey: apiKey ?? 'none',
      ...(temperature !== undefined && { temperature }),
      ...(maxTokens !== undefined && { maxTokens }),
      // The node's own `retry` decides.
      maxRetries: 0,
      configuration: {
        baseURL: metadata.base_url as string,
        organization: null,
        project: null,
        maxRetries: 0,
        logLevel: 'off',
        fetch,
        // Local servers have no keys.
        ...(apiKey === undefined && { defaultHeaders: { authorization: null } }),
      },
    });
  },
  structured: (schema: JsonObject) => ({
    response_format: { type: 'json_schema', json_schema: { name: 'answer', schema, strict: false } },
  }),
  list: async (access) => {
    const { secrets } = resourceOf(access);
    const { api_key: apiKey } = secrets;
    return listModels(access, apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` });
  },
});
