import fc from 'fast-check';
import type pg from 'pg';
import { startApp, type TestApp } from './support/app.js';
import { makeCaller } from './support/callers.js';
import { type Client } from './support/client.js';
import { connect } from './support/database.js';
import { makePublished, makeWorkflow, specOf } from './support/factories.js';
import { KnownIds } from './support/fuzz/known-ids.js';
import { type OpenApi, operationsOf } from './support/fuzz/operations.js';
import { send } from './support/fuzz/send.js';
import { makeResource } from './support/resources.js';
import { pathOf, subscribe } from './support/triggers.js';
import { blindTheCode, openItsEyes, rolesIn } from './support/walls.js';

const REQUESTS = 40;
/** Stands in all that the victim has. */
const canary = 'adas-own-words';

/** Knows the ids of the victim, and remembers what the attacker is told. */
class Attack extends KnownIds {
  readonly heard: string[] = [];
  isUnderWay = false;

  override learn(value: unknown): void {
    if (this.isUnderWay) this.heard.push(JSON.stringify(value) ?? '');
    else super.learn(value);
  }
}

let seer: TestApp;
let database: pg.Client;

afterEach(async () => {
  openItsEyes();
  await database.end();
  await seer.close();
});

async function start(logins?: { engine: object; api: undefined }): Promise<void> {
  seer = await startApp({ SEER_SYNC_WAIT_SECONDS: '1' }, undefined, { logins });
  database = await connect(seer.databaseUrl);
}

/** Everything that somebody can have. @returns the ids of it */
async function fill(owner: Client): Promise<Attack> {
  const spec = specOf([{ id: 'say', type: 'set', value: canary }], { output: '${say}' });
  const workflow = await makePublished(owner, spec);
  const waiting = await makePublished(owner, specOf([{ id: 'ask', type: 'approval', title: canary }]));
  await makeWorkflow(owner, spec, canary);
  for (const id of [workflow, waiting]) await owner.post(`/v1/workflows/${id}/runs?mode=sync`, { inputs: {} });
  await makeResource(owner, 'http_api', { base_url: 'https://example.com' }, { api_key: 'k-1' }, { name: canary });
  const hook = await subscribe(owner, workflow, 'webhook', { verify: { type: 'none' } });
  await seer.stranger.post(pathOf(hook.webhook_url), { text: canary });
  await owner.post(`/v1/workflows/${workflow}/proposals`, { summary: canary, spec, base_revision: 1 });
  const known = new Attack(new Set());
  const paths = ['workflows', 'runs', 'integrations/resources', 'trigger-subscriptions', 'trigger-events', 'api-keys'];
  for (const path of [...paths, `workflows/${workflow}/proposals`]) {
    known.learn((await owner.get(`/v1/${path}`)).body);
  }
  return known;
}

/** What the victim has, as it lies in the database. */
async function rowsOf(userId: string): Promise<unknown[]> {
  const own = 'select to_jsonb(t) as row from %s t where user_id = $1';
  const part = (of: string) => `select to_jsonb(t) as row from %s t where ${of} and $1::bigint is not null`;
  const inWorkflow = part('workflow_id in (select id from workflow where user_id = $1)');
  const queries: Record<string, string> = {
    ...Object.fromEntries(
      [...['workflow', 'workflow_run', 'integration_resource', 'trigger_subscription', 'trigger_event', 'api_key']].map(
        (table) => [table, own],
      ),
    ),
    ...Object.fromEntries(
      ['workflow_version', 'workflow_draft', 'workflow_draft_revision', 'workflow_proposal'].map((table) => [
        table,
        inWorkflow,
      ]),
    ),
    workflow_run_step: part('run_id in (select run_id from workflow_run where user_id = $1)'),
    integration_secret: part('resource_id in (select id from integration_resource where user_id = $1)'),
  };
  const found: unknown[] = [];
  for (const [table, query] of Object.entries(queries)) {
    const { rows } = await database.query(`${query.replace('%s', table)} order by 1`, [userId]);
    found.push([table, rows.map(({ row }) => row as object)]);
  }
  return found;
}

/** Every operation, with the victim's ids in every place of it. @returns the faults of answers */
async function attack(token: string, known: Attack): Promise<string[]> {
  const document = (await (await fetch(`${seer.url}/openapi.json`)).json()) as OpenApi;
  const faults: string[] = [];
  known.isUnderWay = true;
  for (const operation of operationsOf(document)) {
    const requests = fc.sample(operation.requests, { seed: 7, numRuns: REQUESTS });
    // Links that are keys are nobody's: whoever has one may use it.
    if (operation.template.includes('{token}')) continue;
    await Promise.all(
      requests.map((request) =>
        send({ url: seer.url, token, known }, operation, request).catch((error: Error) => faults.push(error.message)),
      ),
    );
  }
  return faults;
}

describe('what is somebody’s', () => {
  it('is out of reach by the code alone, where the database has no second wall', async () => {
    await start({ engine: {}, api: undefined });
    const [victim, attacker] = [await makeCaller(seer.app), await makeCaller(seer.app)];
    const known = await fill(seer.stranger.as(victim.token));
    const before = await rowsOf(String(victim.user.id));

    const faults = await attack(attacker.token, known);

    expect(faults).toEqual([]);
    expect(known.heard.filter((text) => text.includes(canary))).toEqual([]);
    expect(await rowsOf(String(victim.user.id))).toEqual(before);
  });

  it('is out of reach by the database alone, where the code takes everybody for its owner', async () => {
    await start();
    const [victim, attacker] = [await makeCaller(seer.app), await makeCaller(seer.app)];
    const known = await fill(seer.stranger.as(victim.token));
    const before = await rowsOf(String(victim.user.id));
    blindTheCode(String(attacker.user.id), String(victim.user.id));

    await attack(attacker.token, known);

    expect(known.heard.filter((text) => text.includes(canary))).toEqual([]);
    expect(await rowsOf(String(victim.user.id))).toEqual(before);
  });

  it('would be reached without both', async () => {
    await start({ engine: {}, api: undefined });
    const [victim, attacker] = [await makeCaller(seer.app), await makeCaller(seer.app)];
    const known = await fill(seer.stranger.as(victim.token));
    const before = await rowsOf(String(victim.user.id));
    blindTheCode(String(attacker.user.id), String(victim.user.id));

    await attack(attacker.token, known);

    expect(known.heard.some((text) => text.includes(canary))).toBe(true);
    expect(await rowsOf(String(victim.user.id))).not.toEqual(before);
  });
});

describe('the database', () => {
  it('has a second wall around every table that is somebody’s', async () => {
    await start();
    const { rows } = await database.query(
      `select relname as name from pg_class
        where relkind = 'r' and relnamespace = 'public'::regnamespace and not relrowsecurity order by 1`,
    );
    expect(rows.map(({ name }) => name)).toEqual([
      'audit_entry',
      'encryption_key',
      'encryption_rotation',
      'migration',
      'oauth_client',
      'retention_pass',
      'run_worker',
    ]);
  });

  it.each(['api', 'engine'] as const)(
    'lets the role of the %s neither change nor shorten the audit, nor leave its tables',
    async (role) => {
      await start();
      await makeCaller(seer.app);
      await makeWorkflow(seer.admin, specOf([]), 'audited');
      await seer.admin.delete(`/v1/workflows/${(await seer.admin.get('/v1/workflows')).body.items[0].workflow_id}`);
      await database.query(`set role ${(await rolesIn(database))[role]}`);
      for (const attack of [
        `update audit_entry set action = 'x'`,
        'delete from audit_entry',
        'truncate audit_entry',
        'alter table audit_entry disable trigger all',
        'alter table workflow disable row level security',
        'drop policy owner on workflow',
        'create table mine (id int)',
      ]) {
        await expect(database.query(attack)).rejects.toThrow(/permission denied|must be owner|append-only/);
      }
    },
  );

  it('shows a connection of the API no row before it knows for whom', async () => {
    await start();
    await makeWorkflow(seer.admin, specOf([]), 'somebody’s');
    await database.query(`set role ${(await rolesIn(database)).api}`);
    expect((await database.query('select from workflow')).rowCount).toBe(0);
    for (const table of ['encryption_key', 'oauth_client', 'audit_entry']) {
      await expect(database.query(`select from ${table}`)).rejects.toThrow('permission denied');
    }
  });
});
