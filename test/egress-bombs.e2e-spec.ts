import type { Socket } from 'node:net';
import { join } from 'node:path';
import { brotliCompressSync, constants, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { type LocalServer, startTcpServer } from '../src/common/egress/egress.spec-helper.js';
import { Program } from './support/program.js';

const MEBIBYTE = 1_048_576;
const MAX_GROWTH = 64 * MEBIBYTE;
/** After the garbage is collected; the largest buffer of a body that was within its limit may be among it. */
const MAX_HELD = 16 * MEBIBYTE;
/** Where much passes by and nothing is kept: V8 frees buffers only when 64 MB of them are garbage. */
const MAX_GARBAGE = 128 * MEBIBYTE;
const PASSING_BY = [
  'a body without end in chunks of a byte',
  'a reason phrase without end',
  'a chunk extension without end',
];
const ZEROS = Buffer.alloc(100 * MEBIBYTE);
const GZIPPED = gzipSync(ZEROS);
const CHUNKED = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';

type Answer = (socket: Socket) => void;

/** Writes a beginning, and then the same piece as fast as the client reads, without end. */
const endless = (beginning: string, piece: string | Buffer) => (socket: Socket) => {
  const write = (): void => {
    while (!socket.destroyed && socket.write(piece));
  };
  socket.on('drain', write).write(beginning);
  write();
};

const atOnce = (...parts: (string | Buffer)[]): Answer => {
  return (socket) => {
    for (const part of parts) socket.write(part);
  };
};

const compressed = (coding: string, body: Buffer) =>
  atOnce(`HTTP/1.1 200 OK\r\ncontent-encoding: ${coding}\r\ncontent-length: ${body.length}\r\n\r\n`, body);

const drip: Answer = (socket) => {
  socket.write(CHUNKED);
  const timer = setInterval(() => socket.write('1\r\n.\r\n'), 5);
  socket.on('close', () => clearInterval(timer));
};

const tooLarge = 'egress-response-too-large';
const timeout = 'egress-timeout';
const header = 'x-a: aaaaaaaaaaaaaaaa\r\n';

const bombs: [what: string, code: string, answer: Answer][] = [
  ['a body without end', tooLarge, endless('HTTP/1.1 200 OK\r\n\r\n', Buffer.alloc(65_536))],
  ['a body without end in chunks of a byte', tooLarge, endless(CHUNKED, '1\r\n.\r\n'.repeat(10_000))],
  ['100 MB at once', tooLarge, atOnce(`HTTP/1.1 200 OK\r\ncontent-length: ${ZEROS.length}\r\n\r\n`, ZEROS)],
  ['one chunk of 100 MB', tooLarge, atOnce(`${CHUNKED}6400000\r\n`, ZEROS)],
  ['100 MB under gzip', tooLarge, compressed('gzip', GZIPPED)],
  ['100 MB under gzip, without end', tooLarge, endless('HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n', GZIPPED)],
  [
    '10 GB under gzip, twice',
    tooLarge,
    compressed('gzip, gzip', gzipSync(Buffer.concat(new Array<Buffer>(100).fill(GZIPPED)))),
  ],
  ['100 MB under deflate', tooLarge, compressed('deflate', deflateSync(ZEROS))],
  [
    '100 MB under br',
    tooLarge,
    compressed('br', brotliCompressSync(ZEROS, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })),
  ],
  ['100 MB under zstd', tooLarge, compressed('zstd', zstdCompressSync(ZEROS))],
  ['a body that drips', timeout, drip],
  ['a million headers', tooLarge, atOnce('HTTP/1.1 200 OK\r\n', header.repeat(1_000_000), '\r\n')],
  ['headers without end', tooLarge, endless('HTTP/1.1 200 OK\r\n', header.repeat(1_000))],
  ['one header without end', tooLarge, endless('HTTP/1.1 200 OK\r\nx-a: ', 'a'.repeat(65_536))],
  ['the name of a header without end', tooLarge, endless('HTTP/1.1 200 OK\r\n', 'a'.repeat(65_536))],
  ['a reason phrase without end', timeout, endless('HTTP/1.1 200 ', 'a'.repeat(65_536))],
  ['trailers without end', tooLarge, endless(`${CHUNKED}1\r\n.\r\n0\r\n`, header.repeat(1_000))],
  ['a chunk extension without end', timeout, endless(`${CHUNKED}1;a=`, 'a'.repeat(65_536))],
  ['early hints without end', timeout, endless('', `HTTP/1.1 103 Early Hints\r\n${header}\r\n`.repeat(1_000))],
  [
    'redirects without end',
    'egress-too-many-redirects',
    atOnce(`HTTP/1.1 302 Found\r\nlocation: /\r\ncontent-length: ${ZEROS.length}\r\n\r\n`, ZEROS),
  ],
];

/** Answers the path / with the bomb, others with "ok". */
function startBomb(answer: Answer): Promise<LocalServer> {
  return startTcpServer((socket) => {
    socket.on('data', (data) => {
      if (data.toString('latin1').startsWith('GET / ')) answer(socket);
      else socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
    });
  });
}

interface Cost {
  codes: string[];
  peak: number;
  held: number;
}

/** What a process of its own says that took it. */
async function costOf(url: string, ways: string[], code: string): Promise<Cost> {
  const client = new Program(join(import.meta.dirname, 'support', 'bomb-client.js'), {
    BOMB_URL: `${url}/`,
    HARMLESS_URL: `${url}/harmless`,
    BOMB_WAYS: ways.join(),
    // Only those that go on until the time is up should meet it.
    BOMB_TIMEOUT_MS: code === timeout ? '1500' : '60000',
  });
  await client.ended;
  return JSON.parse(client.output) as Cost;
}

describe('the egress client', () => {
  it.each(bombs)('survives %s: %s', async (what, code, answer) => {
    await using server = await startBomb(answer);
    const cost = await costOf(server.url, ['request', 'open'], code);
    expect(cost.codes).toEqual([code, code]);
    expect(cost.peak).toBeLessThan(PASSING_BY.includes(what) ? MAX_GARBAGE : MAX_GROWTH);
    expect(cost.held).toBeLessThan(MAX_HELD);
  });

  it('holds little of a body without end that nobody reads', async () => {
    await using server = await startBomb(endless('HTTP/1.1 200 OK\r\n\r\n', Buffer.alloc(65_536)));
    const cost = await costOf(server.url, ['unread'], timeout);
    expect(cost.codes).toEqual([timeout]);
    expect(cost.peak).toBeLessThan(MAX_GROWTH);
    expect(cost.held).toBeLessThan(MAX_HELD);
  });
});
