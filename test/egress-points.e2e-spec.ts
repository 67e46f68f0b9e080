import { startApp, type TestApp } from './support/app.js';
import { ConnectWatch } from './support/connects.js';
import { runSpec, specOf } from './support/factories.js';
import { ssrfHosts } from './support/ssrf-corpus.js';

/** Where something would answer, if it were asked. */
const PORT = 6_379;

let seer: TestApp;
let watch: ConnectWatch;

beforeAll(async () => {
  // Nothing but the public internet.
  seer = await startApp({ SEER_EGRESS_ALLOW: '' });
});

afterAll(() => seer.close());

beforeEach(() => {
  watch = new ConnectWatch();
});
afterEach(() => watch[Symbol.dispose]());

/** A name that nobody knows here leads nowhere; egress-ssrf has resolvers that say what an attacker's would. */
const refused = /^egress-(denied|invalid-url|dns-failure)$/;

/** Three notations of everything that the corpus leads to. */
const hosts = [...Map.groupBy(ssrfHosts, ({ name }) => name).values()].flatMap((entries) => entries.slice(0, 3));

/** What can be saved to be reached later, with the tools that reach it. */
function resourcesAt(host: string): [type: string, metadata: object, secrets: object][] {
  const url = `http://${host}:${PORT}`;
  const bare = host.replace(/^\[|\]$/g, '');
  return [
    ['http_api', { base_url: url }, { bearer_token: 'secret' }],
    ['openai_compatible', { base_url: `${url}/v1` }, { api_key: 'secret' }],
    ['anthropic', { base_url: url }, { api_key: 'secret' }],
    ['mcp_server', { url: `${url}/mcp` }, { bearer_token: 'secret' }],
    ['postgres_database', { host: bare, port: PORT, database: 'a', user: 'a', tls: 'disable' }, { password: 'secret' }],
    ['smtp_server', { host: bare, port: PORT, tls: 'disable', username: 'a' }, { password: 'secret' }],
  ];
}

const nodesOf: Record<string, object> = {
  http_api: { type: 'tool', tool: 'http.request', inputs: { url: '/', method: 'POST', body: 'x' } },
  openai_compatible: { type: 'llm', model: 'm', prompt: 'Hi' },
  anthropic: { type: 'llm', model: 'm', prompt: 'Hi' },
  mcp_server: { type: 'tool', tool: 'mcp.call', inputs: { tool: 'a' } },
  postgres_database: { type: 'tool', tool: 'postgres.query', inputs: { sql: 'select 1' } },
  smtp_server: {
    type: 'tool',
    tool: 'email.send',
    inputs: { to: 'a@example.com', from: 'b@example.com', subject: 'x', text: 'x' },
  },
};

/** Saves and tries it. @returns its id; undefined if it was not even taken */
async function tryResource(type: string, metadata: object, secrets: object): Promise<string | undefined> {
  const request = { name: type, resource_type: type, metadata, secrets };
  const { status, body } = await seer.admin.post('/v1/integrations/resources', request);
  if (status !== 201) {
    expect([status, body.code]).toEqual([422, 'resource-invalid']);
    return undefined;
  }
  const tested = await seer.admin.post(`/v1/integrations/resources/${body.resource_id}/test`);
  expect(tested.body).toMatchObject({ ok: false, code: expect.stringMatching(refused) });
  return body.resource_id;
}

/** Every tool that can reach it, in one run. @returns what each failed with */
async function codesOf(host: string, resources: ReadonlyMap<string, string>): Promise<string[]> {
  const plain = { type: 'tool', tool: 'http.request', inputs: { url: `http://${host}:${PORT}/` } };
  const nodes = [...resources].map(([type, resource]) => ({
    ...nodesOf[type],
    id: type,
    resource,
    on_error: 'continue',
  }));
  const all = [...nodes, { ...plain, id: 'plain', on_error: 'continue' }];
  const output = Object.fromEntries(all.map(({ id }) => [id, `\${${id}.error.code}`]));
  const run = await runSpec(seer.admin, specOf(all, { output }));
  expect(run.error).toBeNull();
  return Object.values(run.outputs as Record<string, string>);
}

/** What was dialled, but for Seer itself and its database. */
function dialled(): string[] {
  const database = new URL(seer.databaseUrl).port;
  return watch.dialled(Number(new URL(seer.url).port)).filter((at) => !at.endsWith(`:${database}`));
}

describe('what users can have reached', () => {
  it('is tried with more than sixty targets', () => {
    expect(hosts.length).toBeGreaterThanOrEqual(60);
  });

  it.each(hosts.map((entry) => [entry.name, entry.host] as const))(
    'is nothing of %s: %s, by no tool, resource or model',
    async (_name, host) => {
      const saved = new Map<string, string>();
      for (const [type, metadata, secrets] of resourcesAt(host)) {
        const id = await tryResource(type, metadata, secrets);
        if (id !== undefined) saved.set(type, id);
      }
      for (const code of await codesOf(host, saved)) expect(code).toMatch(refused);
      expect(dialled()).toEqual([]);
    },
    30_000,
  );
});
