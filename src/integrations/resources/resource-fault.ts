/** What a schema can't say about metadata. Thrown by `targets` of a resource type. */
export class ResourceFault extends Error {
  override readonly name = 'ResourceFault';

  /** @param pointer into the metadata */
  constructor(
    readonly pointer: string,
    message: string,
  ) {
    super(message);
  }
}
