import { resourceOf } from '../credentials/access.js';
import { callApi, type HttpApiMetadata } from '../tools/http/http-api.js';
import { originOf, originSchema, secretHeadersSchema } from './base-url.js';
import { defineResourceType } from './define-resource-type.js';

export const httpApi = defineResourceType<HttpApiMetadata>({
  key: 'http_api',
  title: 'HTTP API',
  description:
    'An HTTP API with its credentials, for `http.request`. `bearer_token` is sent as a Bearer token; `password`, with ' +
    '`username`, as Basic credentials; `headers` names headers and the secrets that are their values. Further secrets are for ' +
    '`${secrets.<key>}` in the inputs of a node. All of them go to the origin of `base_url` only.',
  provider: 'http',
  metadata: {
    type: 'object',
    additionalProperties: false,
    required: ['base_url'],
    properties: {
      base_url: { ...originSchema, description: 'Absolute; a node may give the rest of the URL only.' },
      username: { type: 'string', maxLength: 255, description: 'For Basic credentials (RFC 7617).' },
      headers: secretHeadersSchema,
      test_path: {
        type: 'string',
        maxLength: 2_048,
        default: '',
        description: 'What a test of the resource gets, after `base_url`.',
      },
    },
  },
  secrets: { type: 'object', additionalProperties: { type: 'string' } },
  example: {
    metadata: { base_url: 'https://api.example.com/v1', headers: { 'X-Api-Key': 'api_key' } },
    secrets: { api_key: 'k-123456' },
  },
  targets: ({ base_url: base }) => [originOf(base)],
  async test(access) {
    const { test_path: path } = resourceOf(access).metadata as HttpApiMetadata;
    const { status, host } = await callApi(access, { method: 'GET', url: path });
    return `${host} answered ${status}.`;
  },
});
