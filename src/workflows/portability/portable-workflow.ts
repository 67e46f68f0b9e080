import { isJsonObject, type Json, type JsonObject } from '../../common/json.js';
import { type JsonSchema, schemaValidator } from '../../common/json-schema.js';
import { DocumentInvalidError, FormatVersionUnsupportedError } from './portability.errors.js';

export const FORMAT = 'seer-workflow';
/** Rises when a document of today could be misread. */
export const FORMAT_VERSION = 1;

/** Something of its owner's that a workflow works with, without what only means something there. */
export interface Requirement {
  /** What stands for it in the document. */
  id: string;
  kind: 'connection' | 'resource' | 'workflow' | 'other';
  /** Of a connection, or of a resource. */
  provider: string | null;
  /** What a connection must be granted. */
  scopes: string[];
  resource_type: string | null;
  /** Of a resource or a workflow. */
  name: string | null;
  /** JSON pointers to where it is named, the first ones of many. */
  pointers: string[];
}

/** That events of some kind start runs. */
export interface PortableSubscription {
  trigger_type: string;
  config: JsonObject;
}

/** A workflow that can be taken to another owner, or to another installation. */
export interface PortableWorkflow {
  format: typeof FORMAT;
  format_version: number;
  name: string;
  description: string;
  tags: string[];
  spec: JsonObject;
  /** Of `spec` as it stands here: SHA-256 of its canonical JSON. */
  spec_hash: string;
  requires: Requirement[];
  /** Null: whoever exported it may not read them. */
  subscriptions: PortableSubscription[] | null;
}

const text = (maxLength: number) => ({ type: 'string', maxLength });
const textOrNull = { type: ['string', 'null'], maxLength: 255 };

const schema: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['format', 'format_version', 'name', 'spec'],
  properties: {
    format: { const: FORMAT },
    format_version: { type: 'integer', minimum: 1, maximum: FORMAT_VERSION },
    name: { type: 'string', minLength: 1, maxLength: 255, pattern: '\\S', description: 'a name that is not blank' },
    description: { ...text(10_000), default: '' },
    tags: { type: 'array', maxItems: 50, uniqueItems: true, items: { ...text(100), minLength: 1 }, default: [] },
    spec: { type: 'object' },
    spec_hash: text(64),
    requires: {
      type: 'array',
      maxItems: 1_000,
      default: [],
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['id'],
        properties: {
          id: text(64),
          kind: { enum: ['connection', 'resource', 'workflow', 'other'], default: 'other' },
          provider: { ...textOrNull, default: null },
          scopes: { type: 'array', maxItems: 100, items: text(500), default: [] },
          resource_type: { ...textOrNull, default: null },
          name: { ...textOrNull, default: null },
          pointers: { type: 'array', maxItems: 10_000, items: text(2_000), default: [] },
        },
      },
    },
    subscriptions: {
      type: ['array', 'null'],
      maxItems: 50,
      default: null,
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['trigger_type', 'config'],
        properties: { trigger_type: { ...text(100), minLength: 1 }, config: { type: 'object' } },
      },
    },
  },
};

/**
 * What is in a document that somebody brings. What is left out has its default; a missing `spec_hash` stays missing.
 * @throws DocumentInvalidError, FormatVersionUnsupportedError
 */
export function readPortable(document: JsonObject): Omit<PortableWorkflow, 'spec_hash'> & { spec_hash?: string } {
  // Before all else: what a later format has besides, nobody knows today.
  const { format, format_version: version } = document;
  if (format === FORMAT && typeof version === 'number' && version > FORMAT_VERSION) {
    throw new FormatVersionUnsupportedError(version, FORMAT_VERSION);
  }
  const read: Json = structuredClone(document);
  const faults = schemaValidator(schema).validate(read);
  if (faults.length > 0 || !isJsonObject(read)) throw new DocumentInvalidError(faults);
  return read as unknown as PortableWorkflow;
}
