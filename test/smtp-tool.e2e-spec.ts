import { startApp, type TestApp } from './support/app.js';
import { type MailServer, mailUser, startMailServer } from './support/mail-server.js';
import { makeResource, runTool } from './support/resources.js';
import { certificates } from './support/tcp-proxy.js';

let seer: TestApp;
let server: MailServer;
let resource: string;

const { username, password } = mailUser;
const from = 'Shop <shop@example.com>';

beforeAll(async () => {
  [seer, server] = await Promise.all([startApp(), startMailServer()]);
  resource = await makeSmtp();
});
beforeEach(() => server.delivered.splice(0));

afterAll(async () => {
  await seer.close();
  await server.close();
});

const makeSmtp = (metadata: object = {}, secrets: object = { password }) =>
  makeResource(
    seer.admin,
    'smtp_server',
    { host: 'localhost', port: server.port, tls: 'starttls', ca: certificates.ca, username, from, ...metadata },
    secrets,
  );
const send = (inputs: object, id = resource, more: object = {}) =>
  runTool(seer.admin, 'email.send', id, { to: 'ada@example.com', subject: 'Hello', ...inputs }, more);

describe('email.send', () => {
  it('delivers a message, signed in and encrypted', async () => {
    const { outputs } = await send({
      to: ['Ada <ada@example.com>', '"Byron, Anne" <anne@example.com>'],
      cc: 'bob@example.com',
      bcc: ['eve@example.com'],
      reply_to: 'help@example.com',
      subject: 'Grüße – 你好',
      text: 'Plain ä',
      html: '<b>Rich</b>',
    });
    const all = ['ada@example.com', 'anne@example.com', 'bob@example.com', 'eve@example.com'];
    expect(outputs).toEqual({
      message_id: expect.stringMatching(/^<[0-9a-f]{40}@example\.com>$/),
      accepted: all,
      rejected: [],
    });
    const [message] = server.delivered;
    expect(message).toMatchObject({ envelope: { from: 'shop@example.com', to: all }, user: 'shop', secure: true });
    expect(message!.mail).toMatchObject({
      subject: 'Grüße – 你好',
      text: expect.stringContaining('Plain ä'),
      html: '<b>Rich</b>',
      messageId: outputs.message_id,
      from: { value: [{ name: 'Shop', address: 'shop@example.com' }] },
      replyTo: { value: [{ address: 'help@example.com' }] },
      to: { value: [{ name: 'Ada' }, { name: 'Byron, Anne', address: 'anne@example.com' }] },
    });
    expect(message!.raw).not.toContain('eve@example.com');
  });

  it('carries attachments, as text and as bytes', async () => {
    const bytes = Buffer.from([0, 255, 13, 10, 46, 13, 10]);
    const attachments = [
      { name: 'list.csv', content: 'a,b\n1,ä\n' },
      {
        name: 'Ünïcode "x".bin',
        content: bytes.toString('base64'),
        encoding: 'base64',
        content_type: 'application/pdf',
      },
    ];
    await send({ attachments });
    expect(server.delivered[0]!.mail.attachments).toMatchObject([
      { filename: 'list.csv', contentType: 'text/csv', content: Buffer.from('a,b\n1,ä\n') },
      { filename: 'Ünïcode "x".bin', contentType: 'application/pdf', content: bytes },
    ]);
  });

  it('reads no file and no address, whatever an attachment or a body looks like', async () => {
    for (const name of ['/etc/passwd', 'file:///etc/passwd', 'http://127.0.0.1/']) {
      await send({ text: name, html: `<img src="${name}">`, attachments: [{ name, content: name }] });
      expect(server.delivered.pop()!.raw).not.toContain('root:');
    }
    for (const more of [{ path: '/etc/passwd' }, { href: 'http://127.0.0.1/' }, { raw: 'x' }]) {
      const run = await send({ attachments: [{ name: 'a', content: 'b', ...more }] });
      expect(run.errors[0].code).toBe('tool-input-invalid');
    }
    expect((await send({ text: { path: '/etc/passwd' } })).errors[0].code).toBe('tool-input-invalid');
    expect(server.delivered).toEqual([]);
  });

  it('has the same Message-ID however often an attempt of the node is made', async () => {
    let failures = 2;
    const flaky = await startMailServer({
      onData: (stream, session, done) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          ids.push(/^Message-ID: (.*)\r$/im.exec(Buffer.concat(chunks).toString())![1]!);
          done(failures-- > 0 ? Object.assign(new Error('Try again'), { responseCode: 451 }) : null);
        });
        expect(session.secure).toBe(true);
      },
    });
    const ids: string[] = [];
    try {
      const id = await makeSmtp({ port: flaky.port });
      const run = await send({}, id, { retry: { max_attempts: 3, initial_interval: '1ms' } });
      expect(run.status).toBe('COMPLETED');
      expect(ids).toEqual([run.outputs.message_id, run.outputs.message_id, run.outputs.message_id]);
      const other = await send({}, id);
      expect(other.outputs.message_id).not.toBe(run.outputs.message_id);
    } finally {
      await flaky.close();
    }
  });

  it('succeeds when some recipients are refused, and names them', async () => {
    const { outputs } = await send({ to: ['ada@example.com', 'no.550@example.com', 'later.450@example.com'] });
    expect(outputs).toMatchObject({
      accepted: ['ada@example.com'],
      rejected: [
        { address: 'no.550@example.com', reason: '550 Mailbox says no' },
        { address: 'later.450@example.com', reason: '450 Mailbox says no' },
      ],
    });
  });

  it('fails when all are, for good or for now', async () => {
    expect(await send({ to: 'no.550@example.com' })).toMatchObject({
      status: 'FAILED',
      error: expect.stringContaining('550 Mailbox says no'),
      error_detail: { code: 'upstream-refused', problem: { status: 550, command: 'RCPT TO' } },
    });
    expect(await send({ to: 'later.450@example.com' })).toMatchObject({
      error_detail: { code: 'upstream-error', problem: { status: 450 } },
    });
  });

  it('needs a sender, from the node or from the resource', async () => {
    const nobody = await makeResource(
      seer.admin,
      'smtp_server',
      { host: 'localhost', port: server.port, ca: certificates.ca, username },
      { password },
    );
    expect(await send({}, nobody)).toMatchObject({ error_detail: { code: 'input-invalid' } });
    expect((await send({ from: 'me@example.com' }, nobody)).status).toBe('COMPLETED');
    expect(server.delivered[0]!.envelope.from).toBe('me@example.com');
  });

  it('takes no more than a message may have', async () => {
    const many = Array.from({ length: 60 }, (_, index) => `a${index}@example.com`);
    expect(await send({ to: many, cc: many })).toMatchObject({
      error: expect.stringContaining('100 recipients'),
      error_detail: { code: 'input-invalid' },
    });
    expect(await send({ to: [] })).toMatchObject({ error_detail: { code: 'input-invalid' } });
    const sum = '${inputs.content}';
    const spec = {
      version: '1',
      nodes: [
        {
          id: 'call',
          type: 'tool',
          tool: 'email.send',
          resource,
          inputs: {
            to: 'a@b.example',
            subject: 'x',
            attachments: [
              { name: 'a', content: sum },
              { name: 'b', content: sum },
            ],
          },
        },
      ],
    };
    const inputs = { content: 'x'.repeat(400_000) };
    const { body } = await seer.admin.post('/v1/runs?mode=sync', { spec, inputs });
    expect(body).toMatchObject({
      error: expect.stringContaining('800000 bytes'),
      error_detail: { code: 'input-invalid' },
    });
    expect(server.delivered).toEqual([]);
  });
});

describe('a line break or a separator in what is given', () => {
  const breaks = ['\r\n', '\n', '\r', '\u2028'];
  const evil = breaks.flatMap((end) => [
    `x${end}Bcc: eve@example.com`,
    `x${end}${end}body`,
    `x${end}RCPT TO:<eve@example.com>`,
  ]);

  it.each(['subject', 'from', 'reply_to', 'to', 'cc', 'bcc'])('adds nothing to a message: %s', async (field) => {
    for (const text of evil) {
      for (const value of [
        text,
        `${text} <ada@example.com>`,
        `ada@example.com${text}`,
        `"${text}" <ada@example.com>`,
      ]) {
        await send({ [field]: value });
      }
    }
    for (const { envelope, raw } of server.delivered) {
      expect(envelope.to).toEqual(['ada@example.com']);
      expect(raw).not.toMatch(/^(Bcc|RCPT)/im);
    }
  });

  it('adds nothing by an attachment either', async () => {
    for (const text of evil) {
      await send({ attachments: [{ name: text, content: 'x' }] });
      await send({ attachments: [{ name: 'x', content: 'x', content_type: `text/plain${text}` }] });
    }
    await send({ text: '\r\n.\r\nMAIL FROM:<eve@example.com>\r\nRCPT TO:<eve@example.com>\r\n', html: '\n.\n' });
    for (const { envelope, raw } of server.delivered) {
      expect(envelope.to).toEqual(['ada@example.com']);
      expect(raw.split('\r\n\r\n')[0]).not.toContain('eve@example.com');
    }
    expect(server.delivered.at(-1)!.mail.text).toContain('RCPT TO:<eve@example.com>');
  });

  it.each([
    'ada@example.com, eve@example.com',
    'ada@example.com;eve@example.com',
    'ada@example.com eve@example.com',
    'friends: ada@example.com, eve@example.com;',
    '<ada@example.com>, <eve@example.com>',
    '"ada@example.com, eve"@example.com',
    'Ada <ada@example.com> <eve@example.com>',
    'Ada <ada@example.com>, eve@example.com',
    'ada@example.com> SIZE=1 RCPT TO:<eve@example.com',
    'ada@exam ple.com',
    'ada',
    '@example.com',
    'ada@',
    'a@>',
    '   ',
    'a@b@c.example',
  ])('never makes two recipients of one text: %j', async (to) => {
    expect(await send({ to })).toMatchObject({ status: 'FAILED', error_detail: { code: 'input-invalid' } });
    expect(server.delivered).toEqual([]);
  });
});
