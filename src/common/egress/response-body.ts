import type { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import { BoundedBuffer } from './bounded-buffer.js';
import { EgressProtocolError } from './egress.errors.js';
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

/**
 * Reads a response body and undoes its content codings, as a stream: a decompression bomb stops at the limit and never
 * costs more memory than it.
 *
 * @param contentEncoding the Content-Encoding header: codings in the order they were applied
 * @param maxBytes limit of the decompressed size, in bytes
 * @throws EgressResponseTooLargeError past the limit
 * @throws EgressProtocolError for an unknown coding, too many codings or broken data
 */
export async function readBody(source: Readable, contentEncoding: string, maxBytes: number): Promise<Buffer> {
  const body = new BoundedBuffer(maxBytes);
  let decompressors: Decompressor[] = [];
  try {
    decompressors = decompressorsFor(contentEncoding);
    await pipeline([source, ...decompressors, body]);
  } catch (error) {
    source.on('error', ignoreAbandonment).destroy();
    const code = errorCode(error);
    if (!isDecompressionError(code)) throw error;
    // zlib calls an empty input cut off; HTTP allows no body under any coding, as after HEAD.
    const isEmpty = code === 'Z_BUF_ERROR' && decompressors[0]?.bytesWritten === 0;
    if (isEmpty) return body.contents;
    throw new EgressProtocolError(`The body of the response is not valid ${contentEncoding} data.`, { cause: error });
  }
  return body.contents;
}

/** undici reports a body that is given up as an error of its own. */
function ignoreAbandonment(): void {}

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
    return decompressor;
  });
}

/** zlib, zstd and brotli each have their own family of codes. */
function isDecompressionError(code: string): boolean {
  return /^(Z_|ZSTD_|ERR__ERROR_)/.test(code);
}
