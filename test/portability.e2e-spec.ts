import { MikroORM } from '@mikro-orm/postgresql';
import { type JsonObject } from '../src/common/json.js';
import { OAuthConnection } from '../src/oauth/index.js';
import { type User } from '../src/users/index.js';
import { limits } from '../src/workflows/spec/limits.js';
import { startApp, type TestApp } from './support/app.js';
import { makeCaller } from './support/callers.js';
import { Canaries } from './support/canaries.js';
import { type Client } from './support/client.js';
import { makePublished, makeWorkflow, specOf } from './support/factories.js';
import { makeResource } from './support/resources.js';
import { subscribe } from './support/triggers.js';

const GMAIL = ['https://www.googleapis.com/auth/gmail.readonly', 'https://www.googleapis.com/auth/gmail.send'];

/** Somebody with an account, an API, a model and another workflow, all of which a workflow of theirs uses. */
interface Owner {
  client: Client;
  ids: { connection: string; api: string; model: string; child: string };
}

let seer: TestApp;
let ada: Owner;
let bob: Owner;
let workflow: string;
let webhook: { webhook_url: string; secret: string };
const canaries = new Canaries();

beforeAll(async () => {
  seer = await startApp();
  ada = await makeOwner();
  bob = await makeOwner();
  workflow = await makeWorkflow(ada.client, specOf([]), 'Morning mail');
  await change(ada.client, workflow, specFor(ada, workflow));
  await ada.client.patch(`/v1/workflows/${workflow}`, { description: `Replaces ${ada.ids.child}`, tags: ['mail'] });
  webhook = await subscribe(ada.client, workflow, 'webhook', { verify: { type: 'standard_webhooks' } });
  await subscribe(ada.client, workflow, 'gmail_email_received', { connection_id: ada.ids.connection });
  await subscribe(ada.client, workflow, 'workflow_finished', { workflow_id: ada.ids.child, statuses: ['FAILED'] });
});

afterAll(() => seer.close());

async function makeOwner(): Promise<Owner> {
  const { token, user } = await makeCaller(seer.app);
  const client = seer.stranger.as(token);
  const api = { base_url: `https://${canaries.make('digits')}.example.com`, headers: { 'X-Api-Key': 'api_key' } };
  return {
    client,
    ids: {
      connection: await makeConnection(user),
      api: await makeResource(client, 'http_api', api, { api_key: canaries.make() }, { name: 'Shop API' }),
      model: await makeResource(client, 'anthropic', {}, { api_key: canaries.make() }, { name: 'Claude' }),
      child: await makePublished(client, specOf([{ id: 'a', type: 'set', value: 1 }])),
    },
  };
}

async function makeConnection(user: User): Promise<string> {
  const em = seer.app.get(MikroORM).em.fork();
  const account = { providerAccountId: canaries.make(), accountLabel: canaries.make() };
  const connection = new OAuthConnection({ user, provider: 'google', scopes: GMAIL, ...account });
  connection.accessToken = canaries.make();
  await em.persist(connection).flush();
  return `conn_${connection.connectionId}`;
}

async function change(client: Client, id: string, spec: JsonObject): Promise<void> {
  const { revision } = (await client.get(`/v1/workflows/${id}/draft`)).body;
  const { status, body } = await client.patch(`/v1/workflows/${id}/draft`, { base_revision: revision, spec });
  if (status !== 200) throw new Error(JSON.stringify(body));
}

/** A spec that names everything there is in every place where it can stand. */
function specFor({ ids }: Owner, itself: string): JsonObject {
  const { connection, api, model, child } = ids;
  const call = { type: 'tool', tool: 'http.request', inputs: { url: '/orders' } };
  return specOf([
    { id: 'orders', ...call, resource: api },
    { id: 'mail', type: 'tool', tool: 'gmail.search_messages', connection, inputs: { query: 'is:unread' } },
    {
      id: 'sum',
      type: 'llm',
      model: 'm',
      prompt: 'Hi',
      resource: model,
      tools: [{ tool: 'http.request', resource: api }],
    },
    {
      id: 'check',
      type: 'if',
      condition: `run.workflow_id == "${itself}"`,
      then: [{ id: 'child', type: 'workflow', workflow_id: child }],
      else: [{ id: 'again', type: 'workflow', workflow_id: itself }],
      on_error: [{ id: 'told', type: 'set', value: { [child]: `see ${api}, ${connection}` } }],
    },
  ]);
}

const exported = async (client: Client, id: string, query = '') =>
  (await client.get(`/v1/workflows/${id}/export${query}`)).body;
const imported = (client: Client, document: object, more: object = {}) =>
  client.post('/v1/workflows/import', { document, ...more });
const draftOf = async (client: Client, id: string) => (await client.get(`/v1/workflows/${id}/draft`)).body.spec;

const standIn = (prefix: string, number: number) => `${prefix}_00000000-0000-0000-0000-00000000000${number}`;
const mappingTo = ({ ids }: Owner) => ({
  [standIn('res', 1)]: ids.api,
  [standIn('conn', 1)]: ids.connection,
  [standIn('res', 2)]: ids.model,
  [standIn('wf', 1)]: ids.child,
});

describe('an export', () => {
  it('is refused to a stranger, and to everybody but its owner', async () => {
    expect((await seer.stranger.get(`/v1/workflows/${workflow}/export`)).status).toBe(401);
    expect((await bob.client.get(`/v1/workflows/${workflow}/export`)).body.code).toBe('workflow-not-found');
  });

  it('says what a workflow needs, by names, kinds and places', async () => {
    const document = await exported(ada.client, workflow);
    expect(document).toMatchObject({
      format: 'seer-workflow',
      format_version: 1,
      name: 'Morning mail',
      description: `Replaces ${standIn('wf', 1)}`,
      tags: ['mail'],
      spec_hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    const nothing = { provider: null, scopes: [], resource_type: null, name: null };
    expect(document.requires).toEqual([
      {
        ...{ ...nothing, id: standIn('res', 1), kind: 'resource', name: 'Shop API' },
        ...{ provider: 'http', resource_type: 'http_api' },
        pointers: [
          '/spec/nodes/0/resource',
          '/spec/nodes/2/tools/0/resource',
          `/spec/nodes/3/on_error/0/value/${standIn('wf', 1)}`,
        ],
      },
      {
        ...{ ...nothing, id: standIn('conn', 1), kind: 'connection', provider: 'google', scopes: [GMAIL[0]] },
        pointers: [
          '/spec/nodes/1/connection',
          `/spec/nodes/3/on_error/0/value/${standIn('wf', 1)}`,
          '/subscriptions/1/config/connection_id',
        ],
      },
      {
        ...{ ...nothing, id: standIn('res', 2), kind: 'resource', name: 'Claude' },
        ...{ provider: 'anthropic', resource_type: 'anthropic' },
        pointers: ['/spec/nodes/2/resource'],
      },
      {
        ...{ ...nothing, id: standIn('wf', 1), kind: 'workflow', name: 'Test' },
        pointers: [
          '/spec/nodes/3/then/0/workflow_id',
          `/spec/nodes/3/on_error/0/value/${standIn('wf', 1)}`,
          '/subscriptions/2/config/workflow_id',
          '/description',
        ],
      },
    ]);
    expect(document.subscriptions).toMatchObject([
      { trigger_type: 'webhook', config: { verify: { type: 'standard_webhooks' } } },
      { trigger_type: 'gmail_email_received', config: { connection_id: standIn('conn', 1) } },
      { trigger_type: 'workflow_finished', config: { workflow_id: standIn('wf', 1), statuses: ['FAILED'] } },
    ]);
  });

  it('has none of its owner’s ids, links and secrets in it', async () => {
    const text = JSON.stringify(await exported(ada.client, workflow));
    for (const canary of canaries.all) expect(text).not.toContain(canary);
    for (const id of [workflow, ...Object.values(ada.ids)]) expect(text).not.toContain(id.slice(id.indexOf('_') + 1));
    expect(text).not.toContain(new URL(webhook.webhook_url).pathname.split('/').at(-1)!);
    expect(text).not.toContain(webhook.secret);
    expect(text).not.toMatch(/sub_|ada@example|user_id/);
    const uuids = text.match(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g)!;
    expect(uuids.filter((uuid) => !/^[0-]+\d$/.test(uuid))).toEqual([]);
  });

  it('leaves out what the caller may not read', async () => {
    const body = { name: 'Reader', scopes: ['workflows:read'] };
    const reader = seer.stranger.as((await ada.client.post('/v1/api-keys', body)).body.key);
    const document = await exported(reader, workflow);
    expect(document.subscriptions).toBeNull();
    expect(document.requires.flatMap(({ pointers }: { pointers: string[] }) => pointers).join()).not.toContain('/subs');
  });

  it('is not much larger than its workflow, however often and wherever an id is named', async () => {
    const { api } = ada.ids;
    const spec = specOf([{ id: 'a', type: 'set', value: { ['k'.repeat(60_000)]: Array(3_000).fill(api) } }]);
    const id = await makeWorkflow(ada.client, spec);

    const document = await exported(ada.client, id);
    const { requires } = document;
    const { body } = await imported(bob.client, { ...document, name: 'Large' });

    const size = JSON.stringify(spec).length;
    expect(requires).toMatchObject([{ id: standIn('res', 1), name: 'Shop API' }]);
    expect(JSON.stringify(document).length).toBeLessThan(2 * size);
    expect(body.unresolved).toMatchObject([{ id: standIn('res', 1), name: 'Shop API' }]);
    expect(JSON.stringify(body).length).toBeLessThan(2 * size);
  });

  it('is of the draft, of what is published, or of a version', async () => {
    const one = specOf([{ id: 'one', type: 'set', value: 1 }]);
    const two = specOf([{ id: 'two', type: 'set', value: 2 }]);
    const id = await makePublished(ada.client, one);
    await change(ada.client, id, two);
    expect((await exported(ada.client, id)).spec).toEqual(two);
    for (const query of ['?version=published', '?version=1']) {
      const { spec, spec_hash: hash } = await exported(ada.client, id, query);
      expect(spec).toEqual(one);
      expect(hash).toBe((await ada.client.get(`/v1/workflows/${id}/versions/1`)).body.spec_hash);
    }
    expect((await exported(ada.client, id, '?version=2')).code).toBe('version-not-found');
    expect((await exported(ada.client, id, '?version=999999999')).code).toBe('version-not-found');
    expect((await exported(ada.client, id, '?version=latest')).code).toBe('request-invalid');
    await ada.client.post(`/v1/workflows/${id}/unpublish`);
    expect((await exported(ada.client, id, '?version=published')).code).toBe('workflow-not-published');
  });
});

describe('an import', () => {
  it('is refused to a stranger', async () => {
    expect((await imported(seer.stranger, {})).status).toBe(401);
  });

  it('makes the same workflow of it for somebody else, who says what theirs is', async () => {
    const document = await exported(ada.client, workflow);
    const { status, body, headers } = await imported(bob.client, document, { mapping: mappingTo(bob) });
    expect(status).toBe(201);
    const id = body.workflow.workflow_id;
    expect(headers.get('location')).toBe(`/v1/workflows/${id}`);
    expect(body.workflow).toMatchObject({
      name: 'Morning mail',
      description: `Replaces ${bob.ids.child}`,
      tags: ['mail'],
      draft_revision: 1,
      published_version: null,
    });
    expect(body).toMatchObject({ unresolved: [], warnings: [], report: { ok: true } });
    expect(await draftOf(bob.client, id)).toEqual(specFor(bob, id));

    const subscriptions = (await bob.client.get(`/v1/trigger-subscriptions?workflow_id=${id}`)).body.items.toReversed();
    expect(subscriptions).toMatchObject([
      { trigger_type: 'webhook', enabled: false, status: 'disabled' },
      { trigger_type: 'gmail_email_received', enabled: false, config: { connection_id: bob.ids.connection } },
      { trigger_type: 'workflow_finished', enabled: false, config: { workflow_id: bob.ids.child } },
    ]);
    expect(body.subscriptions).toEqual(
      subscriptions.map((one: { trigger_type: string; subscription_id: string }) => ({
        trigger_type: one.trigger_type,
        subscription_id: one.subscription_id,
        errors: [],
      })),
    );
    const rotated = await bob.client.post(
      `/v1/trigger-subscriptions/${body.subscriptions[0].subscription_id}/rotate-secret`,
      {},
    );
    expect(rotated.body.secret).toMatch(/^whsec_/);

    expect(await exported(bob.client, id)).toEqual(document);
  });

  it('gives the same hash where everything is mapped to what it was', async () => {
    const id = await makePublished(
      ada.client,
      specOf([{ id: 'orders', type: 'tool', tool: 'http.request', resource: ada.ids.api, inputs: { url: '/x' } }]),
    );
    const document = await exported(ada.client, id);
    const { body } = await imported(ada.client, document, { mapping: { [standIn('res', 1)]: ada.ids.api } });
    const version = await ada.client.post(`/v1/workflows/${body.workflow.workflow_id}/versions`, {});
    expect(version.body.spec_hash).toBe((await ada.client.get(`/v1/workflows/${id}/versions/1`)).body.spec_hash);
  });

  it('says what is left to be named, and where, and cannot be published before', async () => {
    const document = await exported(ada.client, workflow);
    const { [standIn('res', 1)]: api, ...rest } = mappingTo(bob);
    const { body } = await imported(bob.client, document, { mapping: { [standIn('res', 1)]: api } });
    expect(body.unresolved).toEqual(
      document.requires
        .filter(({ id }: { id: string }) => id in rest)
        .map((one: { pointers: string[] }) => ({
          ...one,
          pointers: one.pointers.filter((pointer) => pointer !== '/description'),
        })),
    );
    expect(body.report.errors).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ code: 'connection-not-found', pointer: '/nodes/1/connection', node_id: 'mail' }),
        expect.objectContaining({ code: 'resource-not-found', pointer: '/nodes/2/resource', node_id: 'sum' }),
        expect.objectContaining({ code: 'workflow-unknown', pointer: '/nodes/3/then/0/workflow_id' }),
      ]),
    );
    expect(body.subscriptions).toMatchObject([
      { trigger_type: 'webhook', subscription_id: expect.stringMatching(/^sub_/), errors: [] },
      {
        trigger_type: 'gmail_email_received',
        subscription_id: null,
        errors: [{ pointer: '/config/connection_id', code: 'connection-not-found' }],
      },
      { trigger_type: 'workflow_finished', subscription_id: expect.stringMatching(/^sub_/) },
    ]);
    const published = await bob.client.post(`/v1/workflows/${body.workflow.workflow_id}/publish`, {});
    expect(published).toMatchObject({ status: 422, body: { code: 'spec-invalid' } });
    // What came without an answer goes out again as it came.
    expect((await exported(bob.client, body.workflow.workflow_id)).spec).toEqual(document.spec);
  });

  it('treats things of others as what is not there', async () => {
    const document = await exported(ada.client, workflow);
    const { body } = await imported(bob.client, document, { mapping: mappingTo(ada) });
    const codes = body.report.errors.map(({ code }: { code: string }) => code);
    expect(new Set(codes)).toEqual(new Set(['connection-not-found', 'resource-not-found', 'workflow-unknown']));
  });

  it('reports node types and tools that are not known here, and makes the draft all the same', async () => {
    const spec = specOf([
      { id: 'a', type: 'quantum' },
      { id: 'b', type: 'tool', tool: 'acme.explode' },
    ]);
    const document = { format: 'seer-workflow', format_version: 1, name: 'From elsewhere', spec };
    const { status, body } = await imported(bob.client, document);
    expect(status).toBe(201);
    expect(body.report.errors).toMatchObject([
      { code: 'node-type-unknown', pointer: '/nodes/0/type' },
      { code: 'tool-unknown', pointer: '/nodes/1/tool' },
    ]);
    expect(await draftOf(bob.client, body.workflow.workflow_id)).toEqual(spec);
  });

  it('makes no subscription of what is none, and tells why', async () => {
    const subscriptions = [
      { trigger_type: 'lunar_eclipse', config: {} },
      { trigger_type: 'cron_schedule', config: { cron: 'never' } },
      { trigger_type: 'webhook', config: { verify: { type: 'stripe' } } },
      { trigger_type: 'cron_schedule', config: { cron: '@daily' } },
    ];
    const document = { format: 'seer-workflow', format_version: 1, name: 'Timed', spec: specOf([]), subscriptions };
    const { body } = await imported(bob.client, document);
    expect(body.subscriptions).toMatchObject([
      { subscription_id: null, errors: [{ code: 'trigger-unknown' }] },
      { subscription_id: null, errors: [{ pointer: '/config/cron' }] },
      { subscription_id: null, errors: [{ pointer: '/secret', code: 'missing-field' }] },
      { subscription_id: expect.stringMatching(/^sub_/), errors: [] },
    ]);
    const key = { name: 'Author', scopes: ['workflows:read', 'workflows:write'] };
    const author = seer.stranger.as((await bob.client.post('/v1/api-keys', key)).body.key);
    const without = (await imported(author, document)).body;
    expect(without.subscriptions.map((one: { errors: { code: string }[] }) => one.errors[0]!.code)).toEqual(
      Array(4).fill('scope-missing'),
    );
    expect(
      (await bob.client.get(`/v1/trigger-subscriptions?workflow_id=${without.workflow.workflow_id}`)).body.items,
    ).toEqual([]);
  });

  it('warns of a spec that somebody has changed on its way', async () => {
    const document = await exported(ada.client, workflow);
    document.spec.nodes.pop();
    const { status, body } = await imported(bob.client, document, { mapping: { [standIn('res', 1)]: bob.ids.api } });
    expect([status, body.warnings]).toEqual([201, [{ code: 'spec-hash-mismatch', message: expect.any(String) }]]);
  });

  it('finds a name that is free', async () => {
    const names: string[] = [];
    const document = { format: 'seer-workflow', format_version: 1, name: '100% A_b', spec: specOf([]) };
    const long = 'x'.repeat(255);
    const wishes = [undefined, undefined, '100% A_b', '100% A_b (2)', '100% AXb', '100% A_b (7)', long, long, long];
    for (const name of wishes)
      names.push((await imported(bob.client, document, name ? { name } : {})).body.workflow.name);
    expect(names).toEqual([
      ...['100% A_b', '100% A_b (2)', '100% A_b (3)', '100% A_b (4)', '100% AXb', '100% A_b (7)'],
      ...[long, `${'x'.repeat(251)} (2)`, `${'x'.repeat(251)} (3)`],
    ]);
    const { body } = await imported(ada.client, document);
    expect(body.workflow.name).toBe('100% A_b');
  });

  it('happens once with one key', async () => {
    const document = { format: 'seer-workflow', format_version: 1, name: 'Once', spec: specOf([]) };
    const headers = { 'idempotency-key': 'import-once' };
    const [first, second] = [1, 2].map(() => bob.client.post('/v1/workflows/import', { document }, headers));
    expect((await second!).body).toEqual((await first!).body);
  });

  const whole = { format: 'seer-workflow', format_version: 1, name: 'X', spec: specOf([]) };
  it.each<[what: string, body: object, status: number, code: string, pointer: string]>([
    ['nothing', {}, 400, 'request-invalid', '/document'],
    ['a document that is a list', { document: [] }, 400, 'request-invalid', '/document'],
    ['an unknown field', { document: whole, publish: true }, 400, 'unknown-field', '/publish'],
    ['no format', { document: { ...whole, format: 'n8n' } }, 422, 'document-invalid', '/document/format'],
    [
      'no version',
      { document: { ...whole, format_version: '1' } },
      422,
      'document-invalid',
      '/document/format_version',
    ],
    [
      'a newer format, whatever it has besides',
      { document: { ...whole, format_version: 7, lanes: [] } },
      ...([422, 'format-version-unsupported', '/document/format_version'] as const),
    ],
    ['a field that no document has', { document: { ...whole, lanes: [] } }, 422, 'document-invalid', '/document/lanes'],
    ['a blank name', { document: { ...whole, name: ' ' } }, 422, 'document-invalid', '/document/name'],
    [
      'too many tags',
      { document: { ...whole, tags: Array.from({ length: 51 }, String) } },
      422,
      'document-invalid',
      '/document/tags',
    ],
    [
      'a spec that is no draft',
      { document: { ...whole, spec: { nodes: 1 } } },
      422,
      'spec-invalid',
      '/document/spec/nodes',
    ],
    [
      'a spec that is too large',
      { document: { ...whole, spec: specOf([{ id: 'a', type: 'set', value: 'x'.repeat(limits.specBytes) }]) } },
      ...([422, 'spec-invalid', '/document/spec'] as const),
    ],
    [
      'a mapping of what is not there',
      { document: whole, mapping: { [standIn('res', 1)]: standIn('res', 2) } },
      ...([422, 'mapping-invalid', `/mapping/${standIn('res', 1)}`] as const),
    ],
    [
      'a mapping to another kind',
      { document: { ...whole, description: standIn('res', 1) }, mapping: { [standIn('res', 1)]: standIn('conn', 1) } },
      ...([422, 'mapping-invalid', `/mapping/${standIn('res', 1)}`] as const),
    ],
    [
      'a mapping to no id',
      { document: { ...whole, description: standIn('res', 1) }, mapping: { [standIn('res', 1)]: { a: 1 } } },
      ...([422, 'mapping-invalid', `/mapping/${standIn('res', 1)}`] as const),
    ],
  ])('is refused with %s, and nothing is made', async (_what, body, status, code, pointer) => {
    const count = async () => (await bob.client.get('/v1/workflows?limit=100')).body.items.length;
    const before = await count();
    const answer = await bob.client.post('/v1/workflows/import', body);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect(answer.body.errors[0].pointer).toBe(pointer);
    if (code === 'format-version-unsupported') expect(answer.body.detail).toContain('format_version 7');
    expect(await count()).toBe(before);
  });
});
