import { pipeline, type Readable, Transform, type TransformCallback } from 'node:stream';
import { constants, createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import { EgressProtocolError, EgressResponseTooLargeError } from './egress.errors.js';
import { errorCode } from './error-code.js';

type Decompressor = Transform & { readonly bytesWritten: number };

/** More codings on one response have no honest use; each costs memory. */
const MAX_CODINGS = 3;

/** Base-2 logarithm of zstd's largest window, 8 MiB (RFC 9659); the format itself allows far more. */
const ZSTD_WINDOW_LOG = 23;

/** The content codings of RFC 9110 section 8.4.1, brotli (RFC 7932) and zstd (RFC 8878). */
const DECOMPRESSORS: ReadonlyMap<string, () => Decompressor> = new Map(
  Object.entries({
    gzip: () => createGunzip(),
    'x-gzip': () => createGunzip(),
    deflate: () => createInflate(),
    br: () => createBrotliDecompress(),
    zstd: () => createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG } }),
  }),
);

/** The value of our Accept-Encoding header. */
export const ACCEPTED_CODINGS = 'gzip, deflate, br, zstd';

/** How a body is read. */
export interface BodyOptions {
  /** The Content-Encoding header: codings in the order they were applied. */
  readonly contentEncoding: string;
  /** Limit of the decompressed size, in bytes. */
  readonly maxBytes: number;
  /** Gives a failure of the connection its name. */
  readonly nameError?: (error: Error) => Error;
}

/**
 * Undoes the content codings of a response body as it comes: a decompression bomb stops at the limit and never costs
 * more memory than a few chunks. The stream fails with EgressResponseTooLargeError past the limit and with
 * EgressProtocolError for broken data. Whoever destroys it destroys the source.
 *
 * @throws EgressProtocolError for an unknown coding or too many; the source is destroyed
 */
export function openBody(source: Readable, options: BodyOptions): Readable {
  // undici reports a body that is given up as an error of its own.
  source.on('error', ignore);
  try {
    const decompressors = decompressorsFor(options.contentEncoding);
    // A failure before anybody reads must not end the process; who reads later is told then.
    const body = new Body(options).on('error', ignore);
    pipeline([source, ...decompressors, body], ignore);
    return body;
  } catch (error) {
    source.destroy();
    throw error;
  }
}

function ignore(): void {}

/** The last stage: counts, and gives every failure of the stages before it a name. */
class Body extends Transform {
  #bytes = 0;

  constructor(private readonly options: BodyOptions) {
    super();
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const { maxBytes } = this.options;
    this.#bytes += chunk.length;
    if (this.#bytes > maxBytes) done(new EgressResponseTooLargeError('body', `${maxBytes} bytes`));
    else done(null, chunk);
  }

  override destroy(error?: Error | null): this {
    return super.destroy(error ? this.#named(error) : undefined);
  }

  #named(error: Error): Error {
    const { contentEncoding, nameError } = this.options;
    const named = isDecompressionError(errorCode(error))
      ? new EgressProtocolError(`The body of the response is not valid ${contentEncoding} data.`, { cause: error })
      : error;
    return nameError?.(named) ?? named;
  }
}

function decompressorsFor(contentEncoding: string): Decompressor[] {
  const codings = contentEncoding
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding !== '' && coding !== 'identity');
  if (codings.length > MAX_CODINGS) {
    throw new EgressProtocolError(`The response has ${codings.length} content codings, more than ${MAX_CODINGS}.`);
  }
  return codings.toReversed().map((coding) => {
    const decompressor = DECOMPRESSORS.get(coding)?.();
    if (decompressor === undefined) {
      throw new EgressProtocolError(`The response has the content coding "${coding}", not one of ${ACCEPTED_CODINGS}.`);
    }
    return acceptingNothing(decompressor);
  });
}

/** zlib calls an empty input cut off; HTTP allows no body under any coding, as after HEAD. */
function acceptingNothing(decompressor: Decompressor): Decompressor {
  const flush = decompressor._flush.bind(decompressor);
  decompressor._flush = (done) => (decompressor.bytesWritten === 0 ? done() : flush(done));
  return decompressor;
}

/** zlib, zstd and brotli each have their own family of codes. */
function isDecompressionError(code: string): boolean {
  return /^(Z_|ZSTD_|ERR__ERROR_)/.test(code);
}
