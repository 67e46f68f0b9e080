import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import type { LookupAddress } from 'node:dns';

export interface DnsServer extends AsyncDisposable {
  /** Names that were asked for, in order. */
  readonly questions: string[];
  /** A resolver that asks this server alone. */
  readonly lookup: (host: string) => Promise<LookupAddress[]>;
}

/** The question follows a header of 12 bytes; a pointer to it stands for its name in the answers. */
const HEADER_BYTES = 12;
const POINTER_TO_NAME = 0xc00c;
const ANSWER_WITHOUT_ERROR = 0x8180;

/**
 * A real DNS server of this process, for A records. It answers each question with the next of the lists of IPv4
 * addresses, the last one for ever after; nobody may remember an answer.
 */
export async function startDnsServer(...answers: readonly string[][]): Promise<DnsServer> {
  const questions: string[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (query, peer) => {
    questions.push(nameIn(query));
    socket.send(
      answerTo(query, answers[Math.min(questions.length, answers.length) - 1] ?? []),
      peer.port,
      peer.address,
    );
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const resolver = new Resolver();
  resolver.setServers([`127.0.0.1:${socket.address().port}`]);
  return {
    questions,
    lookup: async (host) => (await resolver.resolve4(host)).map((address) => ({ address, family: 4 })),
    async [Symbol.asyncDispose]() {
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    },
  };
}

function nameIn(query: Buffer): string {
  const labels: string[] = [];
  for (let at = HEADER_BYTES; query[at]; at += query[at]! + 1) {
    labels.push(query.toString('latin1', at + 1, at + 1 + query[at]!));
  }
  return labels.join('.');
}

function answerTo(query: Buffer, addresses: readonly string[]): Buffer {
  const question = query.subarray(HEADER_BYTES, query.indexOf(0, HEADER_BYTES) + 5);
  const header = Buffer.alloc(HEADER_BYTES);
  query.copy(header, 0, 0, 2);
  for (const [index, value] of [ANSWER_WITHOUT_ERROR, 1, addresses.length].entries()) {
    header.writeUInt16BE(value, 2 + index * 2);
  }
  const records = addresses.map((address) => {
    const record = Buffer.alloc(12);
    for (const [index, value] of [POINTER_TO_NAME, 1, 1, 0, 0, 4].entries()) record.writeUInt16BE(value, index * 2);
    return Buffer.concat([record, Buffer.from(address.split('.').map(Number))]);
  });
  return Buffer.concat([header, question, ...records]);
}
