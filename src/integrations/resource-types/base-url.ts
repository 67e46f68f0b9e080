import { type JsonObject } from '../../common/json.js';
import { ResourceFault } from '../resources/resource-fault.js';

/** JSON Schema of `base_url` in the metadata of resources that are reached over HTTP. */
export const originSchema: JsonObject = {
  type: 'string',
  minLength: 1,
  maxLength: 2_048,
  description: 'An absolute http or https URL.',
};

/** The origin of a `base_url`: where the secrets of its resource may go. @throws ResourceFault */
export function originOf(base: string): string {
  const url = URL.parse(base);
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new ResourceFault('/base_url', 'must be an absolute http or https URL');
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new ResourceFault('/base_url', 'must have no credentials, query or fragment: secrets have their own place');
  }
  return url.origin;
}
