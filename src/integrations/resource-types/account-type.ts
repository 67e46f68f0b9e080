import { type Access } from '../credentials/access.js';
import { defineResourceType, type ResourceType } from './define-resource-type.js';

const nothing = { type: 'object', additionalProperties: false, properties: {} };

/** A resource that is a connected account with a name of its own: all of its secrets are those of the connection. */
export function defineAccountType(type: {
  readonly key: string;
  readonly title: string;
  readonly description: string;
  readonly provider: string;
  /** Asks the provider whose account it is. @returns that, in a sentence */
  test(access: Access): Promise<string>;
}): ResourceType {
  return defineResourceType({
    ...type,
    needsConnection: true,
    metadata: nothing,
    secrets: nothing,
    example: { metadata: {} },
    targets: () => [],
  });
}
