import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { providers } from '../../src/oauth/index.js';
import { registration } from './accounts.js';
import { type Database, openDatabase } from './attacker.js';
import { Canaries, type CanaryPlan } from './canaries.js';
import { Client } from './client.js';
import { createTestDatabase } from './database.js';
import { type Manner, Parrot } from './parrot.js';
import { freePort, Program } from './program.js';
import { untilOver } from './runs.js';

/** An account whose provider answers in some manner. */
export interface CanaryAccount {
  readonly provider: string;
  readonly manner: Manner;
}

const apisOf = (key: string) => Object.keys(providers.find((provider) => provider.key === key)!.apis ?? {});

/** A Seer in a process of its own, among parrots, with all it says written down. */
export class SecretsWorld {
  readonly canaries = new Canaries();
  parrot: Parrot;
  program: Program;
  database: Database;
  client: Client;
  private connections: Map<CanaryAccount, string>;
  /** All that Seer has answered: heads and bodies. */
  answers = '';
  /** Answers that come bit by bit. */
  private readonly streams: Promise<string>[] = [];
  private readonly mannersOfRefresh = new Map<string, Manner>();
  private readonly realFetch = globalThis.fetch;
  private directory: string;

  static async start(accounts: readonly CanaryAccount[]): Promise<SecretsWorld> {
    const world = new SecretsWorld();
    world.parrot = await Parrot.start();
    world.parrot.renew = (refreshToken) => world.renew(refreshToken);
    const ids = await world.startSeer(world.plan(accounts));
    world.connections = new Map(accounts.map((account, index) => [account, ids[index]!]));
    return world;
  }

  async stop(): Promise<void> {
    globalThis.fetch = this.realFetch;
    await this.program.stop();
    await this.database.close();
    await Promise.all([this.parrot.close(), rm(this.directory, { recursive: true, force: true })]);
  }

  /** Public id of the connection with this account. */
  connectionOf(account: CanaryAccount): string {
    return this.connections.get(account)!;
  }

  /** Everything that Seer tells about a run. @returns the run */
  async lookAt(runId: string): Promise<any> {
    const run = await untilOver(this.client, runId);
    for (const what of ['', '/output', '/steps?limit=100', '/explain', '/events']) {
      await this.client.get(`/v1/runs/${runId}${what}`);
    }
    const { body } = await this.client.get(`/v1/runs/${runId}/checkpoints?limit=100`);
    const [checkpoint] = body.items;
    if (checkpoint) await this.client.get(`/v1/runs/${runId}/checkpoints/${checkpoint.checkpoint_id}`);
    return run;
  }

  /** Runs a spec to its end, and looks at it from all sides. @returns the run */
  async run(spec: object, mode: 'sync' | 'async' = 'sync'): Promise<any> {
    await this.client.post('/v1/workflows/validate', { spec });
    const headers = { 'idempotency-key': randomBytes(9).toString('hex') };
    const started = await this.client.post(`/v1/runs?mode=${mode}`, { spec }, headers);
    if (started.status >= 300) throw new Error(JSON.stringify(started.body));
    return this.lookAt(started.body.run_id);
  }

  /** All places that a secret could get to. */
  async sinks() {
    const document = await (await fetch(`${this.client.url}/openapi.json`)).text();
    const answers = this.answers + (await Promise.all(this.streams)).join('');
    return { answers, log: this.program.output, document, rows: await this.dump() };
  }

  /** Every row of every table of every schema. */
  async dump(): Promise<string> {
    const tables = await this.database.rowsOf(
      `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
        where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema') order by 1`,
    );
    let text = '';
    for (const { name } of tables) {
      for (const { row } of await this.database.rowsOf(`select to_jsonb(t)::text as row from ${name} t`)) {
        text += `${name} ${row}\n`;
      }
    }
    return text;
  }

  private plan(accounts: readonly CanaryAccount[]): CanaryPlan {
    const { url } = this.parrot;
    const endpoints = { authorizeUrl: `${url}/authorize`, tokenUrl: `${url}/token` };
    const keys = [...new Set(accounts.map(({ provider }) => provider))];
    const local = keys.map((key) => {
      const apis = Object.fromEntries(apisOf(key).map((api) => [api, `${url}/${key}/${api}`]));
      return [key, { endpoints, apis }];
    });
    const connections = accounts.map(({ provider, manner }) => {
      const scopes = Object.keys(providers.find(({ key }) => key === provider)!.scopes);
      const accessToken = this.canaries.makeToken();
      const refreshToken = this.canaries.make();
      this.parrot.on(accessToken, manner);
      this.mannersOfRefresh.set(refreshToken, manner);
      return { provider, scopes, accessToken, refreshToken };
    });
    return { providers: Object.fromEntries(local), connections };
  }

  private renew(refreshToken: string): object {
    const manner = this.mannersOfRefresh.get(refreshToken)!;
    const accessToken = this.canaries.makeToken();
    const next = this.canaries.make();
    this.parrot.on(accessToken, manner);
    this.mannersOfRefresh.set(next, manner);
    const tokens = { access_token: accessToken, refresh_token: next, token_type: 'bearer', expires_in: 3_600 };
    return { ok: true, ...tokens };
  }

  /** @returns the ids of the connections */
  private async startSeer(plan: CanaryPlan): Promise<string[]> {
    this.directory = await mkdtemp(join(tmpdir(), 'seer-canaries-'));
    const file = join(this.directory, 'plan.json');
    await writeFile(file, JSON.stringify(plan));
    const databaseUrl = await createTestDatabase();
    const port = String(await freePort());
    const key = `sk_test_${randomBytes(24).toString('base64url')}`;
    const url = `http://127.0.0.1:${port}`;
    const registrations = Object.keys(plan.providers).map((one) => registration(one, 'seer', this.canaries.make()));
    this.program = new Program('dist/test/support/canary-process.js', {
      ...Object.assign({}, ...registrations),
      ...{ CANARY_PLAN: file, DATABASE_URL: databaseUrl, PORT: port, SEER_DATA_DIR: this.directory },
      ...{ SEER_BOOTSTRAP_API_KEY: key, SEER_MASTER_KEY: randomBytes(32).toString('base64') },
      ...{ SEER_EGRESS_ALLOW: '127.0.0.0/8,::1', LOG_LEVEL: 'trace' },
    });
    await this.program.says('Connected: ');
    await this.program.says('.\n');
    const ids = /Connected: (.*)\.\n/.exec(this.program.output)![1]!.split(' ');
    this.database = await openDatabase(databaseUrl);
    this.client = new Client(url, key);
    this.listen(url);
    return ids;
  }

  private listen(url: string): void {
    globalThis.fetch = async (input, options) => {
      const response = await this.realFetch(input, options);
      if (!String(input as string).startsWith(url)) return response;
      if (response.headers.get('content-type') === 'text/event-stream') {
        this.streams.push(response.clone().text());
        return response;
      }
      const text = await response.text();
      this.answers += `${response.status} ${JSON.stringify([...response.headers])}\n${text}\n`;
      const { status, headers } = response;
      return new Response(status === 204 ? null : text, { status, headers });
    };
  }
}
