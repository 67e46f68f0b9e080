import { makeOwner, type Owner, runTool, withLocal } from './support/accounts.js';
import { startApp, type TestApp } from './support/app.js';
import { runSpec, specOf } from './support/factories.js';
import { addressesOf, allGoogleScopes, GoogleServer } from './support/google-server.js';

let seer: TestApp;
let google: GoogleServer;
let ada: Owner;

beforeAll(async () => {
  google = await GoogleServer.start();
  seer = await startApp(google.registration, undefined, { providers: withLocal('google', google.local) });
  ada = await makeOwner(seer, 'google', allGoogleScopes);
});

afterAll(async () => {
  await seer.close();
  await google.close();
});

beforeEach(() => google.reset());

const send = (inputs: object = {}, more: object = {}) =>
  runTool(ada.caller, 'gmail.send_email', { to: ['bob@example.com'], subject: 'Hi', text: 'Hello', ...inputs }, more);
const search = (inputs: object = {}) => runTool(ada.caller, 'gmail.search_messages', inputs);

describe('gmail.send_email', () => {
  it('sends a mail with all that belongs to it, which a mail reader understands', async () => {
    const { outputs } = await send({
      to: ['Bob Äther <bob@example.com>', 'eve@example.com'],
      cc: ['carol@example.com'],
      bcc: ['dan@example.com'],
      reply_to: 'desk@example.com',
      subject: 'Grüße, 世界',
      text: 'Hällo\n.\n',
      html: '<b>Hällo</b>',
      thread_id: 'thread-7',
      in_reply_to: '<first@example.com>',
    });
    expect(outputs).toEqual({ id: 'sent-1', thread_id: 'thread-7' });
    const mail = await google.sent[0]!.mail;
    expect(google.sent[0]!.threadId).toBe('thread-7');
    expect(addressesOf(mail.to)).toEqual(['bob@example.com', 'eve@example.com']);
    expect(addressesOf(mail.cc)).toEqual(['carol@example.com']);
    expect(addressesOf(mail.bcc)).toEqual(['dan@example.com']);
    expect(addressesOf(mail.replyTo)).toEqual(['desk@example.com']);
    expect(mail).toMatchObject({ subject: 'Grüße, 世界', text: 'Hällo\n.\n', inReplyTo: '<first@example.com>' });
    expect(mail.html).toContain('<b>Hällo</b>');
  });

  it('marks each attempt to send one mail alike, and two mails differently, without the ids of the run', async () => {
    google.api.mishaps.push({ status: 503 });
    const { run_id: runId } = await send({}, { retry: { max_attempts: 2, initial_interval: '1ms' } });
    await send();
    const keys = google.api.calls
      .map(({ body }) => Buffer.from(body.raw, 'base64url').toString())
      .map((raw) => /^X-Seer-Idempotency-Key: (\w{32})\r$/m.exec(raw)![1]!);
    expect(keys).toHaveLength(3);
    expect(keys[0]).toBe(keys[1]);
    expect(keys[2]).not.toBe(keys[0]);
    expect(google.sent[0]!.raw).toContain(`Message-ID: <${keys[0]}@seer.invalid>`);
    expect(google.sent[0]!.raw).not.toContain(runId);
  });

  it.each([
    ['a subject with a line break', { subject: 'Hi\r\nBcc: eve@example.com' }],
    ['an address with a line break', { to: ['bob@example.com\nBcc: eve@example.com'] }],
    ['a name with a line break', { to: ['Bob\r\nBcc: eve@example.com <bob@example.com>'] }],
    ['two addresses in one', { to: ['bob@example.com, eve@example.com'] }],
    ['a group of addresses', { to: ['us: bob@example.com, eve@example.com;'] }],
    ['a quoted local part', { to: ['"eve@example.com x"@example.com'] }],
    ['no address', { to: ['nobody'] }],
    ['a reply to a line break', { in_reply_to: '<a@b>\r\nBcc: eve@example.com' }],
    ['neither text nor HTML', { text: undefined }],
  ])('refuses %s, and sends nothing', async (_what, inputs) => {
    // Through an expression: what is written into the spec is checked before the run.
    const given = Object.entries({ to: ['bob@example.com'], subject: 'Hi', text: 'Hello', ...inputs });
    const present = given.filter(([, value]) => value !== undefined);
    const expressions = Object.fromEntries(present.map(([name]) => [name, `\${inputs.${name}}`]));
    const spec = specOf([{ id: 'call', type: 'tool', tool: 'gmail.send_email', inputs: expressions }]);
    const run = await runSpec(ada.caller, spec, Object.fromEntries(present));
    expect([run.status, run.code]).toEqual(run.code ? [422, 'spec-invalid'] : ['FAILED', undefined]);
    expect(google.api.requests).toHaveLength(0);
  });

  it('reads no file and no address of the net, whatever the text looks like', async () => {
    await send({ html: '<img src="file:///etc/passwd"><img src="http://127.0.0.1:1/x.png">', text: '/etc/passwd' });
    expect(google.sent[0]!.raw).not.toContain('root:');
  });
});

describe('gmail.search_messages', () => {
  it('follows pages until there is enough, and says where to go on', async () => {
    for (let index = 0; index < 1_200; index++)
      google.messages.push({ id: `m${index}`, threadId: `t${index}`, subject: 'report' });
    const first = (await search({ query: 'report', limit: 700 })).outputs;
    expect(first.messages).toHaveLength(700);
    expect(first.has_more).toBe(true);
    expect(google.api.calls.map(({ query }) => query.get('maxResults'))).toEqual(['500', '200']);
    const rest = (await search({ query: 'report', limit: 1_000, page_token: first.next_page_token })).outputs;
    expect(rest.messages.map(({ id }: { id: string }) => id)).toEqual(google.messages.slice(700).map(({ id }) => id));
    expect(rest).toMatchObject({ has_more: false, next_page_token: null });
  });

  it('is an empty list when nothing is found, and ends although every page is empty', async () => {
    expect((await search({ query: 'nothing' })).outputs).toEqual({
      messages: [],
      has_more: false,
      next_page_token: null,
    });
    google.api.calls.length = 0;
    for (let index = 0; index < 60; index++) google.api.mishaps.push({ body: { nextPageToken: 'on' } });
    expect((await search()).outputs).toEqual({ messages: [], has_more: true, next_page_token: 'on' });
    expect(google.api.calls).toHaveLength(50);
  });
});

describe('gmail.get_message', () => {
  const base64 = (text: string) => Buffer.from(text).toString('base64url');
  const full = {
    id: 'm1',
    threadId: 't1',
    labelIds: ['INBOX'],
    snippet: 'Hällo',
    internalDate: '1767225600000',
    payload: {
      mimeType: 'multipart/mixed',
      filename: '',
      headers: [
        { name: 'From', value: 'Bob <bob@example.com>' },
        { name: 'SUBJECT', value: 'Hi' },
        { name: 'Message-Id', value: '<m1@example.com>' },
      ],
      body: { size: 0 },
      parts: [
        {
          mimeType: 'multipart/alternative',
          filename: '',
          body: { size: 0 },
          parts: [
            { mimeType: 'text/plain', filename: '', body: { size: 6, data: base64('Hällo') } },
            { mimeType: 'text/html', filename: '', body: { size: 13, data: base64('<b>Hällo</b>') } },
          ],
        },
        { mimeType: 'text/plain', filename: 'notes.txt', body: { size: 9_000, attachmentId: 'att-1' } },
      ],
    },
  };

  it('reads who wrote what to whom, from the tree of parts', async () => {
    google.messages.push({ id: 'm1', threadId: 't1', subject: 'Hi', full });
    const { outputs } = await runTool(ada.caller, 'gmail.get_message', { id: 'm1' });
    expect(outputs).toEqual({
      id: 'm1',
      thread_id: 't1',
      message_id: '<m1@example.com>',
      date: '2026-01-01T00:00:00.000Z',
      from: 'Bob <bob@example.com>',
      to: null,
      cc: null,
      subject: 'Hi',
      snippet: 'Hällo',
      label_ids: ['INBOX'],
      text: 'Hällo',
      html: '<b>Hällo</b>',
      attachments: [{ filename: 'notes.txt', mime_type: 'text/plain', size: 9_000, attachment_id: 'att-1' }],
    });
  });

  it.each([
    ['no payload', { ...full, payload: undefined }],
    ['a date that is none', { ...full, internalDate: 'yesterday' }],
    ['labels that are no texts', { ...full, labelIds: [7] }],
    ['a header without a name', { ...full, payload: { ...full.payload, headers: [{ value: 'x' }] } }],
    ['parts that are no list', { ...full, payload: { ...full.payload, parts: 'many' } }],
    ['a list', [full]],
    ['nothing', null],
    ['HTML', '<html>Sorry</html>'],
    ['half of it', JSON.stringify(full).slice(0, -40)],
  ])('fails with a name for an answer with %s', async (_what, body) => {
    google.messages.push({ id: 'm1', threadId: 't1', subject: 'Hi' });
    google.api.mishaps.push({ body });
    expect(await runTool(ada.caller, 'gmail.get_message', { id: 'm1' })).toMatchObject({
      status: 'FAILED',
      error: expect.stringContaining('answered 200 to GET with'),
      error_detail: { code: 'upstream-error', node_id: 'call' },
    });
  });
});
