import { type Fault } from '../../common/errors.js';
import { type Json, type JsonObject } from '../../common/json.js';
import { schemaValidator } from '../../common/json-schema.js';
import { ResourceInvalidError, SecretsBoundError } from '../integrations.errors.js';
import { type ResourceType } from '../resource-types/define-resource-type.js';
import { type IntegrationResource } from './integration-resource.entity.js';
import { ResourceFault } from './resource-fault.js';
import { secretKeyPattern } from './resource.dto.js';

/** The most that a resource has. */
const MOST_SECRETS = 50;
/** Characters of one. */
const LONGEST_SECRET = 65_536;

/** Fills in defaults. @throws ResourceInvalidError */
export function checkMetadata(type: ResourceType, metadata: JsonObject): void {
  refuse(type, faultsAt('/metadata', schemaValidator(type.metadata).validate(metadata)));
  try {
    type.targets(metadata);
  } catch (error) {
    if (!(error instanceof ResourceFault)) throw error;
    const { pointer, message } = error;
    refuse(type, [{ pointer: `/metadata${pointer}`, code: 'out-of-range', message }]);
  }
}

/** All secrets that a resource would have. @returns them, as texts. @throws ResourceInvalidError */
export function checkSecrets(type: ResourceType, secrets: JsonObject): Record<string, string> {
  const keys = Object.keys(secrets);
  const faults = keys.flatMap((key) => [...keyFaults(key), ...valueFaults(key, secrets[key])]);
  if (keys.length > MOST_SECRETS) {
    faults.push({ pointer: '/secrets', code: 'out-of-range', message: `must be at most ${MOST_SECRETS}` });
  }
  // A wrong type is said once, in words.
  const schemaFaults = faults.length > 0 ? [] : schemaValidator(type.secrets).validate({ ...secrets });
  refuse(type, [...faults, ...faultsAt('/secrets', schemaFaults)]);
  return secrets as Record<string, string>;
}

/**
 * A secret goes where its resource says. Whoever may change a resource does not therefore know its secrets, so they do not
 * follow it to another place.
 * @throws SecretsBoundError
 */
export function refuseMove(type: ResourceType, before: JsonObject, after: JsonObject): void {
  const now = placesOf(type, before);
  const then = placesOf(type, after);
  if (then.every((place) => now.includes(place))) return;
  throw new SecretsBoundError(type.targets(before), type.targets(after));
}

/** Without encryption on the way is another place, and so is what others than before may prove to be. */
function placesOf(type: ResourceType, metadata: JsonObject): string[] {
  const { tls = null, ca = null } = metadata;
  return type.targets(metadata).map((target) => JSON.stringify([target, tls, ca]));
}

/** Its type, however old it is. @throws ResourceInvalidError when this build does not know it any more */
export function typeOf(types: ReadonlyMap<string, ResourceType>, { resourceType }: IntegrationResource): ResourceType {
  return knownType(types, resourceType);
}

/** @throws ResourceInvalidError */
export function knownType(types: ReadonlyMap<string, ResourceType>, key: string): ResourceType {
  const type = types.get(key);
  if (type) return type;
  const message = `There is no resource type "${key}"; there are: ${[...types.keys()].join(', ')}.`;
  throw new ResourceInvalidError(message, [{ pointer: '/resource_type', code: 'not-allowed', message }]);
}

function keyFaults(key: string): Fault[] {
  if (secretKeyPattern.test(key)) return [];
  const message = 'keys are made of lower-case letters, digits and _, beginning with a letter, at most 63 characters';
  return [{ pointer: `/secrets/${key}`, code: 'out-of-range', message }];
}

function valueFaults(key: string, value: Json | undefined): Fault[] {
  if (typeof value !== 'string') {
    return [{ pointer: `/secrets/${key}`, code: 'wrong-type', message: 'must be string' }];
  }
  if (value.length > 0 && value.length <= LONGEST_SECRET) return [];
  const message = `must have 1 to ${LONGEST_SECRET} characters`;
  return [{ pointer: `/secrets/${key}`, code: 'out-of-range', message }];
}

function faultsAt(pointer: string, faults: readonly Fault[]): Fault[] {
  return faults.map((fault) => ({ ...fault, pointer: pointer + fault.pointer }));
}

function refuse(type: ResourceType, faults: readonly Fault[]): void {
  if (faults.length === 0) return;
  const [{ pointer, message }] = faults as [Fault];
  throw new ResourceInvalidError(`This is no ${type.key}: ${pointer} ${message}.`, faults);
}
