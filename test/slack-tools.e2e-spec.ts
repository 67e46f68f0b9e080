import { makeOwner, type Owner, runTool, stepError, withLocal } from './support/accounts.js';
import { type Reply } from './support/api-server.js';
import { startApp, type TestApp } from './support/app.js';
import { endIn } from './support/connections.js';
import { makeResource } from './support/resources.js';
import { slackError, SlackServer } from './support/slack-server.js';

let seer: TestApp;
let slack: SlackServer;
let ada: Owner;

const retry = { max_attempts: 3, initial_interval: '1ms' };
const scopes = ['chat:write', 'channels:read'];

beforeAll(async () => {
  slack = await SlackServer.start();
  seer = await startApp(slack.registration, undefined, { providers: withLocal('slack', slack.local) });
  ada = await makeOwner(seer, 'slack', scopes);
});

afterAll(async () => {
  await seer.close();
  await slack.close();
});

beforeEach(() => {
  slack.reset();
  slack.channels.push(
    { id: 'C1', name: 'general', is_member: true },
    { id: 'C2', name: 'random' },
    { id: 'C3', name: 'old', is_archived: true },
    { id: 'C4', name: 'secret', is_private: true, is_member: true },
  );
});

const post = (inputs: object = {}, more: object = {}) =>
  runTool(ada.caller, 'slack.post_message', { channel: 'C1', text: 'Hello', ...inputs }, more);
const list = (inputs: object = {}, more: object = {}) => runTool(ada.caller, 'slack.list_channels', inputs, more);

describe('slack.post_message', () => {
  it('posts a text, with blocks and into a thread when told to', async () => {
    expect((await post()).outputs).toEqual({ channel: 'C1', ts: '1700000000.000001' });
    const blocks = [{ type: 'divider' }];
    await post({ channel: 'general', blocks, thread_ts: '1700000000.000001' });
    expect(slack.messages).toEqual([
      { channel: 'C1', text: 'Hello' },
      { channel: 'general', text: 'Hello', blocks, thread_ts: '1700000000.000001' },
    ]);
    expect(slack.api.calls[0]!.headers['content-type']).toBe('application/json; charset=utf-8');
  });

  it.each([
    [{ channel: 'C2' }, 'not_in_channel. Invite the app into the channel first'],
    [{ channel: 'C9' }, 'channel_not_found. There is no such channel'],
    [{ channel: 'C3' }, 'is_archived. The channel is archived.'],
    [{ blocks: [{ type: 'nonsense' }] }, 'invalid_blocks ([ERROR] unsupported type: nonsense). The blocks'],
  ])('says what to do when Slack refuses %j', async (inputs, words) => {
    const run = await post(inputs, { retry });
    expect(run).toMatchObject({
      status: 'FAILED',
      error: expect.stringContaining(`refused POST: ${words}`),
      error_detail: { code: 'upstream-refused' },
    });
    expect(slack.api.calls).toHaveLength(1);
    expect(await stepError(ada.caller, run.run_id)).toMatchObject({ problem: { status: 200, body: { ok: false } } });
  });
});

describe('slack.list_channels', () => {
  it('lists the public channels that are not archived', async () => {
    const { outputs } = await list();
    expect(outputs).toEqual({
      channels: [
        { id: 'C1', name: 'general', is_private: false, is_archived: false, is_member: true, topic: '' },
        { id: 'C2', name: 'random', is_private: false, is_archived: false, is_member: false, topic: '' },
      ],
      has_more: false,
      next_cursor: null,
    });
    expect((await list({ exclude_archived: false })).outputs.channels).toHaveLength(3);
  });

  it('follows pages until there is enough, and says where to go on', async () => {
    for (let index = 0; index < 500; index++) slack.channels.push({ id: `X${index}`, name: `x${index}` });
    const first = (await list({ limit: 250 })).outputs;
    expect(first).toMatchObject({ channels: { length: 250 }, has_more: true });
    expect(slack.api.calls.map(({ query }) => query.get('limit'))).toEqual(['200', '50']);
    const rest = (await list({ limit: 1_000, cursor: first.next_cursor })).outputs;
    expect(rest).toMatchObject({ channels: { length: 252 }, has_more: false, next_cursor: null });
  });

  it('names the scope that private channels need', async () => {
    expect(await list({ include_private: true })).toMatchObject({
      error: expect.stringContaining('missing_scope (needed: groups:read). Connect the workspace again'),
      error_detail: { code: 'upstream-refused' },
    });
    const owner = await makeOwner(seer, 'slack', [...scopes, 'groups:read']);
    const { outputs } = await runTool(owner.caller, 'slack.list_channels', { include_private: true });
    expect(outputs.channels).toHaveLength(3);
  });
});

describe('an answer of Slack that is no success', () => {
  it.each<[string, Reply]>([
    [
      '429 with Retry-After',
      { status: 429, headers: { 'retry-after': '0' }, body: { ok: false, error: 'ratelimited' } },
    ],
    ['ratelimited', slackError('ratelimited')],
    ['internal_error', slackError('internal_error')],
    ['503', { status: 503, body: 'Service Unavailable' }],
  ])('of %s is tried again', async (_what, reply) => {
    slack.api.mishaps.push(reply, reply);
    expect((await list({}, { retry })).status).toBe('COMPLETED');
    slack.api.mishaps.push(reply, reply, reply);
    expect(await list({}, { retry })).toMatchObject({ error_detail: { code: 'upstream-error', attempt: 3 } });
  });

  it.each<[string, unknown]>([
    ['HTML', '<!doctype html>'],
    ['neither yes nor no', {}],
    ['yes, and nothing else', { ok: true }],
    ['channels that are no list', { ok: true, channels: {} }],
    ['a channel without a name', { ok: true, channels: [{ id: 'C1' }] }],
    ['half of it', '{"ok":true,"chan'],
  ])('but %s has a name', async (what, body) => {
    slack.api.mishaps.push({ body });
    const run = await list();
    if (what === 'yes, and nothing else') expect(run.outputs.channels).toEqual([]);
    else expect(run.error_detail.code).toMatch(/^upstream-(error|refused)$/);
    slack.api.mishaps.push({ body });
    expect((await post()).error_detail.code).toMatch(/^upstream-(error|refused)$/);
  });
});

describe('the token of a workspace', () => {
  const endOf = (owner: Owner) => ({ ref: { connectionId: owner.connectionId.slice('conn_'.length), userId: '' } });

  it('is renewed when it ends, and when Slack forgets it', async () => {
    const owner = await makeOwner(seer, 'slack', scopes);
    const before = slack.auth.asked.refresh_token;
    await endIn(seer, endOf(owner), 0);
    expect((await runTool(owner.caller, 'slack.list_channels', {})).status).toBe('COMPLETED');
    slack.api.forgotten.add(slack.api.tokens.at(-1)!);
    const message = { channel: 'C1', text: 'Hello' };
    expect((await runTool(owner.caller, 'slack.post_message', message)).status).toBe('COMPLETED');
    expect(slack.auth.asked.refresh_token - before).toBe(2);
    expect(slack.messages).toHaveLength(1);
  });

  it.each(['invalid_auth', 'not_authed', 'token_revoked', 'token_expired', 'account_inactive'])(
    'that is refused twice with %s ends the connection',
    async (error) => {
      const owner = await makeOwner(seer, 'slack', scopes);
      slack.api.mishaps.push(slackError(error), slackError(error));
      expect(await runTool(owner.caller, 'slack.list_channels', {}, { retry })).toMatchObject({
        status: 'FAILED',
        error_detail: { code: 'connection-needs-reauth' },
      });
      const path = `/v1/integrations/connections/${owner.connectionId}/health`;
      expect((await owner.caller.get(path)).body).toMatchObject({
        status: 'reauth_required',
        reconnect_url: expect.any(String),
      });
    },
  );
});

describe('a slack_workspace', () => {
  it('is tested by asking Slack whose it is', async () => {
    const id = await makeResource(ada.caller, 'slack_workspace', {}, {}, { connection_id: ada.connectionId });
    expect((await ada.caller.post(`/v1/integrations/resources/${id}/test`)).body).toMatchObject({
      ok: true,
      message: 'The Slack workspace Team of ada (https://ada.slack.example/), as seer.',
    });
    slack.api.mishaps.push(slackError('internal_error'));
    const { body } = await ada.caller.post(`/v1/integrations/resources/${id}/test`);
    expect(body).toMatchObject({ ok: false, code: 'upstream-error' });
  });
});
