import { once } from 'node:events';
import { type AddressInfo } from 'node:net';
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer, type SMTPServerOptions, type SMTPServerSession } from 'smtp-server';
import { certificates } from './tcp-proxy.js';

/** A message as a mailbox gets it. */
export interface Delivered {
  readonly envelope: { from: string; to: string[] };
  readonly raw: string;
  readonly mail: ParsedMail;
  readonly user: string | undefined;
  readonly secure: boolean;
}

/** A real mail server on loopback that keeps what it is given. */
export interface MailServer {
  readonly port: number;
  readonly delivered: Delivered[];
  close(): Promise<void>;
}

export const mailUser = { username: 'shop', password: `s3cret "\\ä` };

/** It knows {@link mailUser}. An address with a digit triplet such as `450` is refused with that. */
export async function startMailServer(options: SMTPServerOptions = {}): Promise<MailServer> {
  const delivered: Delivered[] = [];
  const keep = async (raw: Buffer, { envelope, user, secure }: SMTPServerSession, done: () => void) => {
    const mail = await simpleParser(raw);
    const { mailFrom, rcptTo } = envelope;
    const from = mailFrom ? mailFrom.address : '';
    const to = rcptTo.map(({ address }) => address);
    delivered.push({ envelope: { from, to }, raw: raw.toString('latin1'), mail, user, secure });
    done();
  };
  const server = new SMTPServer({
    ...{ cert: certificates.cert, key: certificates.key },
    authOptional: true,
    onAuth: ({ username, password }, _session, done) => {
      if (username === mailUser.username && password === mailUser.password) done(null, { user: username });
      else done(Object.assign(new Error('Authentication credentials invalid'), { responseCode: 535 }));
    },
    onRcptTo: ({ address }, _session, done) => {
      const code = /\b[45]\d\d\b/.exec(address)?.[0];
      done(code ? Object.assign(new Error('Mailbox says no'), { responseCode: Number(code) }) : null);
    },
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => void keep(Buffer.concat(chunks), session, done));
    },
    ...options,
  });
  server.on('error', () => {});
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  return {
    port: (server.server.address() as AddressInfo).port,
    delivered,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
