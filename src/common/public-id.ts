import { uuidv7 } from './uuid.js';

/** The prefixes of the ids that users see, by kind of thing. */
export const idPrefixes = {
  workflow: 'wf',
  run: 'run',
  apiKey: 'key',
  connection: 'conn',
  resource: 'res',
  subscription: 'sub',
  event: 'evt',
  proposal: 'prop',
  user: 'usr',
  auditEntry: 'aud',
} as const;

export type IdKind = keyof typeof idPrefixes;

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The public form of a stored uuid: `makePublicId('workflow', '0190…')` is `wf_0190…`. */
export function makePublicId(kind: IdKind, uuid: string): string {
  return `${idPrefixes[kind]}_${uuid}`;
}

/** The uuid inside a public id, or undefined when the text is not an id of that kind. */
export function parsePublicId(kind: IdKind, publicId: string): string | undefined {
  const prefix = `${idPrefixes[kind]}_`;
  if (!publicId.startsWith(prefix)) return undefined;
  const uuid = publicId.slice(prefix.length);
  return isUuid(uuid) ? uuid : undefined;
}

/** Whether a text is a uuid as Seer writes them, in lower case. */
export function isUuid(text: string): boolean {
  return uuidPattern.test(text);
}

/** What a text is the public id of, if it is one. */
export function kindOfPublicId(text: string): IdKind | undefined {
  const kinds = Object.keys(idPrefixes) as IdKind[];
  return kinds.find((kind) => parsePublicId(kind, text) !== undefined);
}

/** A new uuid for a row that has a public id: version 7, so rows that are made together lie together in the index. */
export const newUuid = uuidv7;
