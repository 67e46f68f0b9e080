import { type ModelProvider } from './define-model-provider.js';

export class ModelResourceResponse {
  /** `resource` of an `llm` node. @example res_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b */
  resource_id: string;
  /** @example Our OpenAI account */
  name: string;
}

/** A way to language models. */
export class ModelProviderResponse {
  /** Type of the resources that lead there. @example openai_compatible */
  resource_type: string;
  /** @example OpenAI and servers that speak its Chat Completions */
  title: string;
  /** What `model` of an `llm` node is there, for people. @example As the server lists them, such as gpt-4.1-mini. */
  models: string;
  /** What a resource offers at the moment: `GET` this with its id as `resource_id`. @example /v1/integrations/openai/resources/model */
  browse_url: string;
  /** Those of yours. */
  resources: ModelResourceResponse[];

  static from(
    { resourceType, provider, title, models }: ModelProvider,
    resources: ModelResourceResponse[],
  ): ModelProviderResponse {
    return Object.assign(new ModelProviderResponse(), {
      resource_type: resourceType,
      title,
      models,
      browse_url: `/v1/integrations/${provider}/resources/model`,
      resources,
    } satisfies ModelProviderResponse);
  }
}

export class ModelsResponse {
  items: ModelProviderResponse[];
}
