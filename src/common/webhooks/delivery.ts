/** A webhook delivery as it came. */
export interface Delivery {
  readonly method: string;
  /** Lower-case names. What Node made of a header that came several times is here too; its name is in `repeated`. */
  readonly headers: Readonly<Record<string, string>>;
  /** Names (lower case) of headers that came more than once, from Node's `rawHeaders`: never trusted for verification. */
  readonly repeated: ReadonlySet<string>;
  readonly query: Readonly<Record<string, string | string[]>>;
  /** Bytes of the body as they came. */
  readonly body: Buffer;
}
