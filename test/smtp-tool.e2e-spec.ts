import { type Socket } from 'node:net';
import { startApp, type TestApp } from './support/app.js';
import { makeCaller } from './support/callers.js';
import { type MailServer, mailUser, startMailServer } from './support/mail-server.js';
import { makeResource, runTool } from './support/resources.js';
import { certificates, startTcpServer, type TcpServer } from './support/tcp-proxy.js';

let seer: TestApp;
let server: MailServer;
let implicit: MailServer;
let resource: string;

const { username, password } = mailUser;
const from = 'Shop <shop@example.com>';

beforeAll(async () => {
  [seer, server, implicit] = await Promise.all([startApp(), startMailServer(), startMailServer({ secure: true })]);
  resource = await makeSmtp();
});
beforeEach(() => server.delivered.splice(0));

afterAll(async () => {
  await seer.close();
  await Promise.all([server.close(), implicit.close()]);
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
const test = async (id: string) => (await seer.admin.post(`/v1/integrations/resources/${id}/test`)).body;

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

describe('a resource smtp_server', () => {
  it('says what it found when it is tested', async () => {
    const message = `localhost:${server.port} takes mail, as shop, encrypted.`;
    expect(await test(resource)).toMatchObject({ ok: true, code: null, message });
    const direct = await makeSmtp({ port: implicit.port, tls: 'implicit' });
    expect(await test(direct)).toMatchObject({ ok: true });
    expect((await send({}, direct)).status).toBe('COMPLETED');
    expect(implicit.delivered[0]).toMatchObject({ secure: true, user: 'shop' });
  });

  it('says what is wrong with it', async () => {
    expect(await test(await makeSmtp({}, { password: 'wrong' }))).toMatchObject({
      ok: false,
      code: 'upstream-refused',
      message: expect.stringContaining('535'),
    });
    expect(await test(await makeSmtp({ port: 1 }))).toMatchObject({ ok: false, code: 'egress-connection-failed' });
    expect(await test(await makeSmtp({ host: '10.0.0.1' }))).toMatchObject({ ok: false, code: 'egress-denied' });
    expect(await test(await makeSmtp({}, {}))).toMatchObject({ ok: false, code: 'input-invalid' });
    const anonymous = { host: 'localhost', port: server.port, ca: certificates.ca };
    expect(await test(await makeResource(seer.admin, 'smtp_server', anonymous, { password }))).toMatchObject({
      ok: false,
      code: 'input-invalid',
    });
    expect(await test(await makeResource(seer.admin, 'smtp_server', anonymous))).toMatchObject({
      ok: true,
      message: expect.stringContaining('without signing in'),
    });
  });

  it('verifies the certificate and its name', async () => {
    for (const tls of ['starttls', 'implicit']) {
      const { port } = tls === 'implicit' ? implicit : server;
      const unknown = await makeResource(
        seer.admin,
        'smtp_server',
        { host: 'localhost', port, tls, username, from },
        { password },
      );
      expect(await test(unknown)).toMatchObject({ ok: false, code: 'egress-connection-failed' });
      const otherName = await makeSmtp({ host: '127.0.0.1', port, tls });
      expect(await test(otherName)).toMatchObject({ ok: false, message: expect.stringContaining('IP') });
      expect(await send({}, otherName)).toMatchObject({ error_detail: { code: 'egress-connection-failed' } });
    }
  });

  it('says nothing secret to a server that does not encrypt', async () => {
    const sent: string[] = [];
    const clear = await startMailServer({
      disabledCommands: ['STARTTLS'],
      onAuth: ({ password }, _session, done) => {
        sent.push(password ?? '');
        done(null, { user: 'x' });
      },
    });
    try {
      expect(await send({}, await makeSmtp({ port: clear.port }))).toMatchObject({
        error_detail: { code: 'upstream-refused' },
      });
      expect(sent).toEqual([]);
      expect(clear.delivered).toEqual([]);
      const open = await makeSmtp({ port: clear.port, tls: 'disable' });
      await test(open);
    } finally {
      await clear.close();
    }
  });

  it('sends no message unsigned when the server knows no way to sign in', async () => {
    const open = await startMailServer({ disabledCommands: ['AUTH'] });
    try {
      expect(await send({}, await makeSmtp({ port: open.port }))).toMatchObject({ status: 'FAILED' });
      expect(open.delivered).toEqual([]);
    } finally {
      await open.close();
    }
  });

  it.each([{ host: 'example.com' }, { port: 26 }, { tls: 'disable' }, { ca: '-----BEGIN CERTIFICATE-----\nother' }])(
    'does not take its password to %j',
    async (change) => {
      const before = (await seer.admin.get(`/v1/integrations/resources/${resource}`)).body.metadata;
      const metadata = { ...before, ...change };
      const { status, body } = await seer.admin.patch(`/v1/integrations/resources/${resource}`, { metadata });
      expect({ status, code: body.code }).toEqual({ status: 409, code: 'secrets-bound' });
    },
  );

  it("of another user is as unknown as one that isn't there", async () => {
    const stranger = seer.stranger.as((await makeCaller(seer.app)).token);
    const ids = [resource, 'res_00000000-0000-7000-8000-000000000000'];
    const runs = await Promise.all(
      ids.map((id) => runTool(stranger, 'email.send', id, { to: 'a@b.example', subject: 'x' })),
    );
    const shapes = runs.map((run, index) => JSON.stringify(run.errors ?? run.error_detail).replaceAll(ids[index]!, ''));
    expect(shapes[0]).toBe(shapes[1]);
    expect(shapes[0]).toContain('resource-not-found');
  });
});

describe('a mail server that does not behave', () => {
  const endless = (socket: Socket, line: string) => {
    const more = () => {
      while (!socket.destroyed && socket.write(line.repeat(1_000)));
    };
    socket.on('drain', more);
    more();
  };
  /** Greets, then answers each command with what `answers` has for it. */
  const polite = (answers: Record<string, (socket: Socket) => void>) => (socket: Socket) => {
    socket.write('220 hello\r\n');
    socket.on('data', (data: Buffer) => answers[data.toString('latin1').slice(0, 4)]?.(socket));
  };
  let hostile: TcpServer | undefined;
  afterEach(() => hostile?.close());
  const sendTo = async (behave: (socket: Socket) => void, tls = 'disable', timeout = '5s') => {
    hostile = await startTcpServer(behave);
    return send({}, await makeSmtp({ host: '127.0.0.1', port: hostile.port, tls }), { timeout });
  };

  it.each<[string, (socket: Socket) => void]>([
    ['a greeting without an end', (socket) => endless(socket, 'x'.repeat(100))],
    ['a greeting of endless lines', (socket) => endless(socket, '220-hello\r\n')],
    ['answers that nobody asked for', (socket) => endless(socket, '220 hello\r\n500 no\r\n')],
    ['endless capabilities', polite({ EHLO: (socket) => endless(socket, '250-X-THING\r\n') })],
    ['one huge capability', polite({ EHLO: (socket) => endless(socket, '250-' + 'X'.repeat(1_000)) })],
    ['no mail server at all', (socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['binary noise', (socket) => socket.write(Buffer.from([0, 1, 2, 13, 10, 255, 254, 13, 10]))],
    ['an end at once', (socket) => socket.end()],
    ['a reset', (socket) => socket.resetAndDestroy()],
    ['an end in the middle of a line', (socket) => socket.end('22')],
    ['an end after the capabilities', polite({ EHLO: (socket) => socket.end('250 ok\r\n') })],
  ])('fails the node and nothing else: %s', async (_what, behave) => {
    const before = process.memoryUsage().rss;
    const run = await sendTo(behave);
    expect(run.status).toBe('FAILED');
    expect(run.error_detail.code).toMatch(/^(egress-|upstream-)/);
    expect(JSON.stringify(run).length).toBeLessThan(20_000);
    expect(process.memoryUsage().rss - before).toBeLessThan(150_000_000);
    expect((await send({})).status).toBe('COMPLETED');
  });

  it.each<[string, (socket: Socket) => void]>([
    ['says nothing', () => {}],
    [
      'drips',
      (socket) => {
        const timer = setInterval(() => socket.write('2'), 20);
        socket.on('close', () => clearInterval(timer));
      },
    ],
    ['goes silent after the greeting', polite({})],
  ])('is waited for no longer than the node may take when it %s', async (_what, behave) => {
    const run = await sendTo(behave, 'disable', '300ms');
    expect(run).toMatchObject({ error_detail: { code: 'node-timeout' } });
    while (hostile!.open() > 0) await new Promise(setImmediate);
  });

  it('cannot put words into the encrypted session before it begins', async () => {
    const run = await sendTo(
      polite({
        EHLO: (socket) => socket.write('250-hello\r\n250 STARTTLS\r\n'),
        STAR: (socket) => socket.write('220 go\r\n250 AUTH PLAIN\r\n250 ok\r\n250 ok\r\n354 send\r\n250 sent\r\n'),
      }),
      'starttls',
      '500ms',
    );
    expect(run.status).toBe('FAILED');
    const received = Buffer.concat(hostile!.received).toString('latin1');
    expect(received).not.toMatch(/AUTH|MAIL FROM/);
  });

  it('that is too busy may be asked again; one that says no may not', async () => {
    const retry = { max_attempts: 2, initial_interval: '1ms' };
    for (const [greeting, connections] of [
      ['421 busy', 2],
      ['554 go away', 1],
    ] as const) {
      let count = 0;
      const busy = await startTcpServer((socket) => {
        count += 1;
        socket.end(`${greeting}\r\n`);
      });
      try {
        const id = await makeSmtp({ host: '127.0.0.1', port: busy.port, tls: 'disable' });
        expect(await send({}, id, { retry })).toMatchObject({
          status: 'FAILED',
          error: expect.stringContaining(greeting),
        });
        expect(count).toBe(connections);
      } finally {
        await busy.close();
      }
    }
  });

  it('that repeats the password in its answer does not make it known', async () => {
    const run = await sendTo(
      polite({
        EHLO: (socket) => socket.write('250-hello\r\n250 AUTH PLAIN\r\n'),
        AUTH: (socket) => {
          const last = Buffer.concat(hostile!.received).toString('latin1').split('\r\n').at(-2)!;
          const plain = Buffer.from(last.split(' ')[2]!, 'base64').toString('utf8').split('\0')[2]!;
          socket.write(`535 I know ${plain} and ${Buffer.from(plain).toString('base64')}\r\n`);
        },
      }),
    );
    expect(run.error).toContain('535 I know [secret] and [secret]');
    const { body } = await seer.admin.get(`/v1/runs/${run.run_id}/steps`);
    expect(JSON.stringify([run, body])).not.toContain(password);
  });
});
