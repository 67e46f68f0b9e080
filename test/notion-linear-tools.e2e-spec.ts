import { makeOwner, type Owner, runTool } from './support/accounts.js';
import { type Reply } from './support/api-server.js';
import { startApp, type TestApp } from './support/app.js';
import { endIn } from './support/connections.js';
import { linearError, LinearServer, notionError, NotionServer } from './support/notion-linear-server.js';
import { providers } from '../src/oauth/index.js';

let seer: TestApp;
let notion: NotionServer;
let linear: LinearServer;
let ada: Owner;
let bob: Owner;

const retry = { max_attempts: 3, initial_interval: '1ms' };
const team = '9cfb482a-81e3-4154-b5b9-2c805e70a02d';

beforeAll(async () => {
  [notion, linear] = [await NotionServer.start(), await LinearServer.start()];
  const local: Record<string, object> = { notion: notion.local, linear: linear.local };
  const variables = { ...notion.registration, ...linear.registration };
  seer = await startApp(variables, undefined, {
    providers: providers.map((provider) => ({ ...provider, ...local[provider.key] })),
  });
  ada = await makeOwner(seer, 'notion', []);
  bob = await makeOwner(seer, 'linear', ['issues:create']);
});

afterAll(async () => {
  await seer.close();
  await notion.close();
  await linear.close();
});

beforeEach(() => {
  notion.reset();
  linear.reset();
});

const createPage = (inputs: object = {}, more: object = {}) =>
  runTool(
    ada.caller,
    'notion.create_page',
    { ...('data_source_id' in inputs ? {} : { parent_page_id: notion.pageId }), title: 'Minutes', ...inputs },
    more,
  );
const createIssue = (inputs: object = {}, more: object = {}) =>
  runTool(bob.caller, 'linear.create_issue', { team_id: team, title: 'It is broken', ...inputs }, more);
const endOf = (owner: Owner) => ({ ref: { connectionId: owner.connectionId.slice('conn_'.length), userId: '' } });

describe('notion.create_page', () => {
  it('creates a page under another one, with a paragraph for each line', async () => {
    const divider = { object: 'block', type: 'divider', divider: {} };
    const { outputs } = await createPage({ text: 'We met.\n\nWe agreed.', children: [divider] });
    expect(outputs.url).toBe(`https://www.notion.so/${outputs.id}`);
    const text = (content: string) => ({ type: 'text', text: { content } });
    const paragraph = (...texts: object[]) => ({ object: 'block', type: 'paragraph', paragraph: { rich_text: texts } });
    expect(notion.pages).toEqual([
      {
        parent: { type: 'page_id', page_id: notion.pageId },
        properties: { title: { title: [text('Minutes')] } },
        children: [paragraph(text('We met.')), paragraph(), paragraph(text('We agreed.')), divider],
      },
    ]);
    expect(notion.api.calls[0]!.headers['notion-version']).toBe('2025-09-03');
  });

  it('creates a row of a data source', async () => {
    const properties = { Status: { select: { name: 'Done' } } };
    await createPage({ data_source_id: notion.pageId, properties });
    expect(notion.pages[0]).toMatchObject({
      parent: { type: 'data_source_id' },
      properties: { ...properties, title: {} },
    });
  });

  it('cuts long lines as Notion wants them, and no character in two', async () => {
    await createPage({ text: `x${'😀'.repeat(2_500)}` });
    const texts = notion.pages[0].children[0].paragraph.rich_text.map(({ text }: any) => text.content);
    expect(texts.every((text: string) => text.length <= 2_000 && text.isWellFormed())).toBe(true);
    expect(texts.join('')).toBe(`x${'😀'.repeat(2_500)}`);
  });

  it('refuses what Notion would, before it asks', async () => {
    expect(await createPage({ text: 'x\n'.repeat(120) })).toMatchObject({ error_detail: { code: 'input-invalid' } });
    const both = await createPage({ data_source_id: notion.pageId, parent_page_id: notion.pageId });
    expect(both).toMatchObject({ code: 'spec-invalid' });
    expect(notion.api.requests).toEqual([]);
  });

  it.each<[Reply, string, number]>([
    [notionError(400, 'validation_error', 'Status is not a property.'), 'upstream-refused', 1],
    [notionError(403, 'restricted_resource', 'Insufficient permissions.'), 'upstream-refused', 1],
    [notionError(404, 'object_not_found', 'Could not find page.'), 'upstream-refused', 1],
    [notionError(409, 'conflict_error', 'A collision.'), 'upstream-refused', 1],
    [notionError(429, 'rate_limited', 'Slow down.', { 'retry-after': '0' }), 'upstream-error', 3],
    [notionError(503, 'service_unavailable', 'Away.'), 'upstream-error', 3],
  ])('tells %j as %s after %i attempts of three', async (reply, code, attempts) => {
    notion.api.mishaps.push(reply, reply, reply);
    const run = await createPage({}, { retry });
    const { message, code: why } = reply.body as { message: string; code: string };
    expect(run).toMatchObject({ error_detail: { code } });
    expect(run.error).toContain(`answered ${reply.status} to POST: ${message.replace(/\.$/, '')} (${why}).`);
    expect(notion.api.calls).toHaveLength(attempts);
  });

  it.each<unknown>(['<html>', '{"id":"1', {}, { id: 7, url: 'x', created_time: 'x' }, []])(
    'fails with a name for an answer like %j, and creates no second page',
    async (body) => {
      notion.api.mishaps.push({ body });
      expect(await createPage({}, { retry })).toMatchObject({ error_detail: { code: 'upstream-error' } });
      expect(notion.api.calls).toHaveLength(1);
    },
  );

  it('has its token renewed once, and ends the connection when the new one is refused too', async () => {
    const owner = await makeOwner(seer, 'notion', []);
    const inputs = { parent_page_id: notion.pageId, title: 'Minutes' };
    await runTool(owner.caller, 'notion.create_page', inputs);
    notion.api.forgotten.add(notion.api.tokens.at(-1)!);
    expect((await runTool(owner.caller, 'notion.create_page', inputs)).status).toBe('COMPLETED');
    expect(notion.pages).toHaveLength(2);
    notion.api.refusesAll = true;
    expect(await runTool(owner.caller, 'notion.create_page', inputs)).toMatchObject({
      error_detail: { code: 'connection-needs-reauth' },
    });
  });
});

describe('linear.create_issue', () => {
  it('creates an issue with all that belongs to it', async () => {
    const { outputs } = await createIssue({
      description: '**Here**',
      priority: 2,
      label_ids: [team],
      due_date: '2026-02-01',
    });
    expect(outputs).toMatchObject({
      identifier: 'ENG-1',
      title: 'It is broken',
      url: 'https://linear.app/ada/issue/ENG-1',
    });
    expect(linear.issues[0]!.input).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
      teamId: team,
      title: 'It is broken',
      description: '**Here**',
      priority: 2,
      dueDate: '2026-02-01',
      labelIds: [team],
    });
  });

  it('finds what an attempt before it created, and creates it once', async () => {
    const run = createIssue({}, { retry });
    expect((await run).status).toBe('COMPLETED');
    // The issue is there, and the answer that says so is lost.
    const answer = linear.issues[0]!;
    linear.issues.length = 0;
    linear.api.calls.length = 0;
    const lost = {
      get status() {
        const { input } = linear.api.calls.at(-1)!.body.variables;
        linear.issues.push({ ...answer, id: input.id, input });
        return 502;
      },
    };
    linear.api.mishaps.push(lost);
    const again = await createIssue({}, { retry });
    expect(again).toMatchObject({ status: 'COMPLETED', outputs: { identifier: 'ENG-1' } });
    expect(linear.issues).toHaveLength(1);
    expect(again.outputs.id).toBe(linear.issues[0]!.id);
    // Another execution is another issue.
    await createIssue();
    expect(linear.issues).toHaveLength(2);
  });

  it.each<[Reply, string, number]>([
    [linearError('INVALID_INPUT', 'Argument Validation Error'), 'upstream-refused', 1],
    [linearError('FORBIDDEN', 'No access', 403), 'upstream-refused', 1],
    [linearError('RATELIMITED', 'Rate limit exceeded', 400), 'upstream-error', 3],
    [linearError('RATELIMITED', 'Rate limit exceeded'), 'upstream-error', 3],
    [linearError('INTERNAL_SERVER_ERROR', 'Oh'), 'upstream-error', 3],
  ])('tells %j as %s after %i attempts of three', async (reply, code, attempts) => {
    linear.api.mishaps.push(reply, reply, reply);
    const run = await createIssue({}, { retry });
    expect(run).toMatchObject({ error_detail: { code } });
    const [{ message, extensions }] = (reply.body as any).errors;
    expect(run.error).toContain(`answered ${reply.status ?? 200} to POST: ${message} (${extensions.code}).`);
    expect(linear.api.calls.filter(({ body }) => body.query.startsWith('mutation'))).toHaveLength(attempts);
  });

  it.each<unknown>([
    '<html>',
    '{"data":{"iss',
    {},
    { data: null },
    { data: { issueCreate: { success: true } } },
    { errors: [] },
  ])('fails with a name for an answer like %j', async (body) => {
    linear.api.mishaps.push({ body });
    expect(await createIssue()).toMatchObject({ error_detail: { code: 'upstream-error' } });
  });

  it('has its token renewed, whatever the status that says so, and ends the connection at the second refusal', async () => {
    const owner = await makeOwner(seer, 'linear', ['issues:create']);
    const inputs = { team_id: team, title: 'It is broken' };
    const before = linear.auth.asked.refresh_token;
    await endIn(seer, endOf(owner), 0);
    expect((await runTool(owner.caller, 'linear.create_issue', inputs)).status).toBe('COMPLETED');
    linear.api.mishaps.push(linearError('AUTHENTICATION_ERROR', 'Token expired'));
    expect((await runTool(owner.caller, 'linear.create_issue', inputs)).status).toBe('COMPLETED');
    expect(linear.auth.asked.refresh_token - before).toBe(2);
    expect(linear.issues).toHaveLength(2);
    linear.api.refusesAll = true;
    expect(await runTool(owner.caller, 'linear.create_issue', inputs)).toMatchObject({
      error_detail: { code: 'connection-needs-reauth' },
    });
    const { body } = await owner.caller.get(`/v1/integrations/connections/${owner.connectionId}`);
    expect(body.status).toBe('reauth_required');
  });
});
