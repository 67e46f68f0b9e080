import { type JsonObject } from '../../common/json.js';
import { ResourceFault } from '../resources/resource-fault.js';

/** JSON Schema of `base_url` in the metadata of resources that are reached over HTTP. */
export const originSchema: JsonObject = {
  type: 'string',
  minLength: 1,
  maxLength: 2_048,
  description: 'An absolute http or https URL.',
};

/** JSON Schema of `headers` in the metadata of such resources. */
export const secretHeadersSchema: JsonObject = {
  type: 'object',
  maxProperties: 20,
  additionalProperties: { type: 'string', pattern: '^[a-z][a-z0-9_]{0,62}$' },
  description: 'Keys of secrets, by the header that is sent with them.',
};

/**
 * The origin of a `base_url`: where the secrets of its resource may go.
 * @param pointer to it in the metadata
 * @throws ResourceFault
 */
export function originOf(base: string, pointer = '/base_url'): string {
  const url = URL.parse(base);
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new ResourceFault(pointer, 'must be an absolute http or https URL');
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new ResourceFault(pointer, 'must have no credentials, query or fragment: secrets have their own place');
  }
  return url.origin;
}
