import { type JsonObject } from '../../common/json.js';
import { type JsonSchema } from '../../common/json-schema.js';
import { type Access } from '../credentials/access.js';

/** A kind of thing that workflows name and use: a database, an API, an account. */
export interface ResourceType<Metadata extends JsonObject = JsonObject> {
  /** What it is called in `resource_type`: lower case letters, digits, `_`. */
  readonly key: string;
  readonly title: string;
  readonly description: string;
  /** Whose service it is: key of an OAuth provider, or a name of its own, such as `postgres`. */
  readonly provider: string;
  /** It stands on a connected account of its provider. */
  readonly needsConnection?: true;
  /** JSON Schema of what is no secret: hosts, names, options. Defaults are filled in when it is stored. */
  readonly metadata: JsonSchema;
  /** JSON Schema of its secrets: an object of strings. */
  readonly secrets: JsonSchema;
  /** One that would be accepted, for the documentation. */
  readonly example: { readonly metadata: JsonObject; readonly secrets?: Readonly<Record<string, string>> };
  /** Where its secrets may be sent, and nowhere else: origins (`https://api.example.com`), or `host:port`. */
  targets(metadata: Metadata): string[];
  /**
   * Really connects, as its tools do.
   * @returns what it found, in a sentence
   * @throws ToolError, or an error of egress, that says what is wrong
   */
  test(access: Access): Promise<string>;
}

/** Defines a resource type: one file beside this one, and one line in the catalogue. */
export function defineResourceType<Metadata extends JsonObject>(type: ResourceType<Metadata>): ResourceType {
  return type as unknown as ResourceType;
}
