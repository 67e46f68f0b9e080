import { Readable } from 'node:stream';
import { brotliCompressSync, constants, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { collect } from './collecting-buffer.js';
import { openBody } from './response-body.js';

const TEXT = Buffer.from('Seer sees. '.repeat(1_000));
/** As quick as can be: what is made here is undone by the same code, however well it was compressed. */
const gzip = (data: Buffer) => gzipSync(data, { level: 1 });
const COMPRESS: Record<string, (data: Buffer) => Buffer> = {
  gzip,
  'x-gzip': gzip,
  deflate: (data) => deflateSync(data, { level: 1 }),
  br: (data) => brotliCompressSync(data, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }),
  zstd: zstdCompressSync,
};

async function readBody(source: Readable, contentEncoding: string, maxBytes: number): Promise<Buffer> {
  return await collect(openBody(source, { contentEncoding, maxBytes }));
}

function read(data: Buffer, coding: string, maxBytes = TEXT.length): Promise<Buffer> {
  return readBody(Readable.from(data.length > 0 ? [data] : []), coding, maxBytes);
}

const ZEROS = Buffer.alloc(100_000_000);

/** 100 MB of zeros, compressed, as a stream of small pieces that says how many were taken. */
function bomb(compress: (data: Buffer) => Buffer): { source: Readable; taken: () => number; total: number } {
  const data = compress(ZEROS);
  const total = 50;
  let taken = 0;
  function* pieces() {
    const size = Math.ceil(data.length / total);
    for (; taken < total; taken++) yield data.subarray(taken * size, (taken + 1) * size);
  }
  return { source: Readable.from(pieces()), taken: () => taken, total };
}

describe('reading a response body', () => {
  it.each(Object.entries(COMPRESS))('undoes %s', async (coding, compress) => {
    await expect(read(compress(TEXT), coding)).resolves.toEqual(TEXT);
    await expect(read(compress(TEXT), ` ${coding.toUpperCase()} `)).resolves.toEqual(TEXT);
  });

  it('undoes several codings, the last one first', async () => {
    const data = brotliCompressSync(gzipSync(TEXT));
    await expect(read(data, 'gzip, identity, br')).resolves.toEqual(TEXT);
  });

  it.each(['', 'identity', ...Object.keys(COMPRESS)])('takes no data as an empty body under "%s"', async (coding) => {
    await expect(read(Buffer.alloc(0), coding)).resolves.toHaveLength(0);
  });

  it.each(['', ...Object.keys(COMPRESS)])(
    'accepts exactly the limit under "%s", and not a byte more',
    async (coding) => {
      const data = COMPRESS[coding]?.(TEXT) ?? TEXT;
      await expect(read(data, coding, TEXT.length)).resolves.toEqual(TEXT);
      await expect(read(data, coding, TEXT.length - 1)).rejects.toMatchObject({
        code: 'egress-response-too-large',
        message: `The body of the response exceeds the limit of ${TEXT.length - 1} bytes.`,
      });
    },
  );

  it.each(Object.entries(COMPRESS))('stops a %s bomb of 100 MB at the limit', async (coding, compress) => {
    const { source } = bomb(compress);
    await expect(readBody(source, coding, 1_000_000)).rejects.toMatchObject({ code: 'egress-response-too-large' });
  });

  it('does not read a bomb to its end', async () => {
    const { source, taken, total } = bomb(gzip);
    await expect(readBody(source, 'gzip', 1_000_000)).rejects.toMatchObject({ code: 'egress-response-too-large' });
    expect(taken()).toBeLessThan(total);
  });

  it.each(Object.entries(COMPRESS))('refuses %s data that is cut off or no such data', async (coding, compress) => {
    const cutOff = compress(TEXT).subarray(0, -8);
    await expect(read(cutOff, coding)).rejects.toMatchObject({ code: 'egress-protocol-error' });
    await expect(read(TEXT, coding)).rejects.toMatchObject({ code: 'egress-protocol-error' });
  });

  it.each([
    ['compress', 'the content coding "compress"'],
    ['gzip, unknown', 'the content coding "unknown"'],
    ['__proto__', 'the content coding "__proto__"'],
    ['gzip, gzip, gzip, gzip', '4 content codings, more than 3'],
  ])('refuses the content coding "%s" and lets go of the body', async (coding, message) => {
    const source = Readable.from([TEXT]);
    const body = readBody(source, coding, TEXT.length);
    await expect(body).rejects.toMatchObject({
      code: 'egress-protocol-error',
      message: expect.stringContaining(message),
    });
    expect(source.destroyed).toBe(true);
  });

  it('passes on the failure of the connection', async () => {
    const failure = new Error('the cable was pulled');
    const source = new Readable({ read: () => source.destroy(failure) });
    await expect(readBody(source, 'gzip', 1_000)).rejects.toBe(failure);
  });

  it('keeps the memory of a body sent byte by byte near its size', async () => {
    const size = 300_000;
    const bytes = (function* () {
      for (let index = 0; index < size; index++) yield Buffer.from([index % 256]);
    })();
    const body = await readBody(Readable.from(bytes), '', size);
    expect(body).toHaveLength(size);
    expect(body[257]).toBe(1);
    expect(body.buffer.byteLength).toBeLessThanOrEqual(size * 2);
  });
});
