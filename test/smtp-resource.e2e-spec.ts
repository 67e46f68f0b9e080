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
