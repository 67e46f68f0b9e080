import { createHash, randomBytes } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type JsonObject } from '../src/common/json.js';
import { type Tool, tools } from '../src/integrations/index.js';
import { type CanaryKind } from './support/canaries.js';
import { specOf } from './support/factories.js';
import { leaksIn, spellingsOf } from './support/leaks.js';
import { type Manner } from './support/parrot.js';
import { bodies, failures } from './support/parrot-phrases.js';
import { makeResource } from './support/resources.js';
import { type CanaryAccount, SecretsWorld } from './support/secrets-world.js';
import { parrotsOfOtherProtocols, type OtherParrots } from './support/other-parrots.js';

const ofAccounts = tools.filter(({ provider }) => provider !== undefined && provider !== '*');
/** What of an account can be browsed and tested, with an answer that is as it should be. */
const lists: [provider: string, path: string, good: Good][] = [
  ['google', 'spreadsheet?', bodies['google_drive.list_files']!],
  ['google', 'drive_file?query=e', bodies['google_drive.list_files']!],
  ['github', 'repository?', (e) => [{ full_name: e, description: e, html_url: e }]],
  ['github', 'branch?parent=ada/engine', (e) => [{ name: e }]],
  ['slack', 'channel?', bodies['slack.list_channels']!],
];
const accountTypes: [type: string, provider: string, good: Good][] = [
  ['google_account', 'google', (e) => ({ sub: e, email: e })],
  ['github_account', 'github', (e) => ({ login: e })],
  ['slack_workspace', 'slack', (e) => ({ ok: true, team: e, url: e, user: e })],
];
type Good = (heard: string) => unknown;

const repeating = (good: Good): Manner[] => [({ all }) => ({ body: good(all) }), ...Object.values(failures)];
const toBrowse = lists.flatMap(([provider, path, good]) =>
  repeating(good).map((manner) => ({ provider, path, manner })),
);
const toTest = accountTypes.flatMap(([type, provider, good]) =>
  repeating(good).map((manner) => ({ provider, type, manner })),
);
const callers = [
  ...ofAccounts.map(({ key, provider }) => ({ key, provider: provider! })),
  { key: 'http.request', provider: 'github' },
];
const toCall = callers.flatMap(({ key, provider }) =>
  repeating(bodies[key]!).map((manner) => ({ key, provider, manner })),
);
/** One failure of each tool, in turn. */
const toFail = ofAccounts.map(({ key, provider }, index) => {
  const all = Object.values(failures);
  return { key, provider: provider!, manner: all[index % all.length]! };
});

let world: SecretsWorld;
let others: OtherParrots;

beforeAll(async () => {
  world = await SecretsWorld.start([...toCall, ...toFail, ...toBrowse, ...toTest]);
  others = await parrotsOfOtherProtocols(world);
}, 300_000);

afterAll(async () => {
  await others.close();
  await world.stop();
});

const toolOf = (key: string): Tool => tools.find((tool) => tool.key === key)!;
const inputsOf = (key: string): JsonObject => {
  if (key === 'http.request') return { url: `${world.parrot.url}/github/rest` };
  const limit = 'limit' in (toolOf(key).input as any).properties ? { limit: 1 } : {};
  const header = key === 'google_sheets.read_range' ? { first_row_is_header: true } : {};
  return { ...toolOf(key).example, ...limit, ...header } as JsonObject;
};

const callOf = (account: CanaryAccount & { key: string }) => ({
  ...{ type: 'tool', tool: account.key, connection: world.connectionOf(account), inputs: inputsOf(account.key) },
});

/** Nodes in each way in which nodes can be run. */
const ways: Record<string, (nodes: object[]) => JsonObject> = {
  'one after the other': (nodes) => specOf(nodes),
  'in a loop': (nodes) => specOf([{ id: 'each', type: 'for_each', items: '[1, 2]', as: 'n', nodes }]),
  'side by side': (nodes) =>
    specOf([{ id: 'both', type: 'parallel', branches: { a: nodes.slice(0, 9), b: nodes.slice(9) } }]),
  'again and again': (nodes) =>
    specOf(nodes.map((node) => ({ ...node, retry: { max_attempts: 2, initial_interval: '1ms' } }))),
};

describe('the secrets of integrations', () => {
  it.each([...ofAccounts, toolOf('http.request')].map((tool, index) => [tool.key, index] as const))(
    'go through success and every failure of %s with an account',
    async (key, index) => {
      const nodes = toCall
        .filter((account) => account.key === key)
        .map((account, at) => ({ id: `call_${at}`, ...callOf(account), on_error: 'continue' }));
      const [, way] = Object.entries(ways)[index % 4]!;
      const run = await world.run(way(nodes), index % 2 === 0 ? 'sync' : 'async');
      expect(run.status).toBe('COMPLETED');
      const { body } = await world.client.get(`/v1/runs/${run.run_id}/steps?limit=100`);
      const states = body.items
        .filter(({ node_id: id }: any) => id.startsWith('call_'))
        .map(({ status }: any) => status);
      expect(new Set(states)).toEqual(new Set(['COMPLETED', 'FAILED']));
    },
  );

  it('go through runs that fail', async () => {
    for (const account of toFail) {
      const run = await world.run(specOf([{ id: 'call', ...callOf(account) }]));
      expect(run.status).toBe('FAILED');
      const again = await world.client.post(`/v1/runs/${run.run_id}/retry`);
      expect((await world.lookAt(again.body.run_id)).status).toBe('FAILED');
    }
  });

  it('go through browsing', async () => {
    const statuses = new Set<number>();
    for (const account of toBrowse) {
      const address = `/v1/integrations/${account.provider}/resources/${account.path}`;
      statuses.add((await world.client.get(`${address}&connection_id=${world.connectionOf(account)}`)).status);
    }
    expect([...statuses].sort()).toEqual([200, 409, 503]);
  });

  it('go through tests of accounts', async () => {
    const answers = new Set<boolean>();
    for (const account of toTest) {
      const connection_id = world.connectionOf(account);
      const id = await makeResource(world.client, account.type, {}, {}, { connection_id });
      answers.add((await world.client.post(`/v1/integrations/resources/${id}/test`)).body.ok);
    }
    expect(answers).toEqual(new Set([true, false]));
  });

  /** How a secret of a resource goes along with a request. */
  const places: [string, Record<string, CanaryKind>, object, object][] = [
    ['as a token', { bearer_token: 'quoted' }, {}, {}],
    ['as a password', { password: 'wild' }, { username: 'shop' }, {}],
    ['in headers', { a: 'quoted', b: 'plain' }, { headers: { 'X-A': 'a', 'X-B': 'b' } }, {}],
    ['in a path', { a: 'wild' }, {}, { url: '/x/${secrets.a}/y' }],
    ['in an address', { a: 'wild' }, {}, { url: '/x?a=${secrets.a}&b=1' }],
    ['in a query', { a: 'wild' }, {}, { query: { a: '${secrets.a}' } }],
    ['in a header of a node', { a: 'wild' }, {}, { headers: { 'X-A': 'Key ${secrets.a}' } }],
    ['in a text', { a: 'wild' }, {}, { method: 'POST', body: 'a=${secrets.a}&b' }],
    ['in JSON', { a: 'wild' }, {}, { method: 'POST', body: { a: ['${secrets.a}'] } }],
    ['as a hash', { a: 'quoted' }, {}, { headers: { authorization: 'Sig ${hash.sha256(secrets.a)} v1' } }],
    ['in base64', { a: 'wild' }, {}, { headers: { 'x-a': 'Basic ${base64.encode("me:" + secrets.a)}' } }],
    ['as a number', { bearer_token: 'digits' }, {}, {}],
  ];

  it.each(places)(
    'go through success and every failure of http.request %s',
    async (_place, kinds, metadata, inputs) => {
      const nodes: object[] = [];
      for (const [index, manner] of repeating(bodies['http.request']!).entries()) {
        const secrets = Object.fromEntries(
          Object.entries(kinds).map(([key, kind]) => [key, world.canaries.make(kind)]),
        );
        const [secret] = Object.values(secrets) as [string];
        world.canaries.all.add(createHash('sha256').update(secret).digest('hex'));
        const at = `/w/${world.canaries.all.size}`;
        world.parrot.on(at, (heard) => {
          const said = manner({ ...heard, secret });
          return index === 0 ? { ...said, body: { ...(said.body as object), number: Number(secret) || 0 } } : said;
        });
        const resource = await makeResource(
          world.client,
          'http_api',
          { base_url: world.parrot.url + at, ...metadata },
          secrets,
        );
        const node = { type: 'tool', tool: 'http.request', resource, inputs: { url: '/x', ...inputs } };
        nodes.push({ id: `call_${nodes.length}`, ...node, on_error: 'continue' });
        await world.client.post(`/v1/integrations/resources/${resource}/test`);
      }
      const run = await world.run(specOf(nodes));
      expect(run.status).toBe('COMPLETED');
      expect(JSON.stringify((await world.client.get(`/v1/runs/${run.run_id}/steps?limit=100`)).body)).toContain(
        '[secret]',
      );
    },
  );

  it('go through postgres.query', () => others.queries());
  it('go through email.send', () => others.mails());
  it('go through models', () => others.models());
  it('go through mcp.call', () => others.servers());

  it('are those of every tool', () => {
    const elsewhere = ['http.request', 'postgres.query', 'email.send', 'mcp.call'];
    const missing = tools.map(({ key }) => key).filter((key) => !elsewhere.includes(key) && !bodies[key]);
    expect(missing).toEqual([]);
  });

  it('are in no step, checkpoint, event, log, error, answer, document or row', async () => {
    const { all, beginnings } = world.canaries;
    expect(all.size).toBeGreaterThan(2_000);
    const { rows, ...told } = await world.sinks();
    const places = [
      'public.workflow_run_step ',
      'public.idempotency_record ',
      'public.integration_secret ',
      '[secret]',
    ];
    expect(places.filter((place) => !rows.includes(place))).toEqual([]);
    for (const [sink, text] of Object.entries({ rows, ...told })) {
      expect([sink, leaksIn(text, [...all, ...beginnings])]).toEqual([sink, []]);
      // The search takes seconds: what has happened to connections in the meantime must be noticed before the next request.
      await nextTurn();
    }
  });

  it('would have been found there, in every spelling', async () => {
    const columns = [
      ...['workflow_run_step set output = to_jsonb($1::text)', 'workflow_run set error = $1'],
      ...['oauth_connection set last_error = $1', 'integration_resource set metadata = to_jsonb($1::text)'],
      ...['idempotency_record set body = $1', 'pgboss.schedule set data = to_jsonb($1::text)'],
    ];
    const canary = `c${randomBytes(9).toString('hex')}`;
    for (const spelling of spellingsOf(canary)) {
      const planted = spelling.replaceAll('%', '%25');
      await world.client.get(`/v1/runs/${planted}`);
      expect(leaksIn(world.answers, [canary])).toContainEqual([canary, spelling]);
      // Longer parts of a path are cut in the log.
      if (planted.length < 32) await world.program.says(planted);
      await world.database.rowsOf('begin');
      for (const column of columns) await world.database.rowsOf(`update ${column}`, [spelling]);
      const dump = await world.dump();
      expect(leaksIn(dump, [canary])).toContainEqual([canary, spelling]);
      const lines = dump.split('\n').filter((line) => line.includes(spelling));
      expect(new Set(lines.map((line) => line.split(' ')[0])).size).toBe(columns.length);
      await world.database.rowsOf('rollback');
    }
    expect(leaksIn(world.program.output, [canary])).not.toEqual([]);
  });
});
