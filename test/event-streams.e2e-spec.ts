import { once } from 'node:events';
import { connect as connectSocket } from 'node:net';
import { jest } from '@jest/globals';
import { type Client as Connection } from 'pg';
import { limits } from '../src/common/http/limits.js';
import { EventStreams } from '../src/workflows/history/event-streams.js';
import { RunReader } from '../src/workflows/runs/run-reader.js';
import { startApp, type TestApp } from './support/app.js';
import { makeCaller } from './support/callers.js';
import { type Client } from './support/client.js';
import { connect } from './support/database.js';
import { EventReader } from './support/events.js';
import { specOf } from './support/factories.js';
import { type IdentityProvider, startIdentityProvider } from './support/identity-provider.js';
import { untilRun } from './support/runs.js';

/** Well within the time after which a process looks without news. */
const SOON_MS = 2_000;

let provider: IdentityProvider;
let seer: TestApp;
/** Another process of the same installation: the streams are there. */
let other: TestApp;
let database: Connection;

beforeAll(async () => {
  provider = await startIdentityProvider();
  seer = await startApp(provider.environment);
  other = await startApp(provider.environment, seer.databaseUrl);
  database = await connect(seer.databaseUrl);
});

afterAll(async () => {
  await database.end();
  await Promise.all([seer.close(), other.close()]);
  await provider.close();
});

const spec = specOf([{ id: 'w', type: 'wait', for: '1h' }]);
const eventsOf = (runId: string) => `/v1/runs/${runId}/events`;
const there = (client: Client) => clientAt(other, client);
const clientAt = (app: TestApp, { authorization }: Client) =>
  app.stranger.as(authorization.authorization!.slice('Bearer '.length));

async function makePerson(wanted: Parameters<typeof makeCaller>[1] = {}) {
  const made = await makeCaller(seer.app, wanted);
  return { ...made, client: seer.stranger.as(made.token) };
}

/** A run that waits. */
async function makeRun(client: Client): Promise<string> {
  const { run_id: runId } = (await client.post('/v1/runs', { spec })).body;
  await untilRun(client, runId, ['WAITING']);
  return runId as string;
}

/** A stream of a run in the other process. */
async function open(client: Client, runId: string): Promise<EventReader> {
  const events = await EventReader.open(there(client), eventsOf(runId));
  expect((await events.next())!.data.status).toBe('WAITING');
  return events;
}

/** Nothing but the end comes, and that at once. */
async function endsAt(events: EventReader, within = SOON_MS): Promise<void> {
  const began = performance.now();
  expect(await events.until()).toEqual([]);
  expect(performance.now() - began).toBeLessThan(within);
}

/** A stream still tells what happens. */
async function goesOn(events: EventReader, client: Client, runId: string): Promise<void> {
  await client.post(`/v1/runs/${runId}/cancel`);
  expect((await events.until()).at(-1)).toMatchObject({ event: 'run', data: { status: 'CANCELLED' } });
}

const statusOf = async (client: Client, runId: string) => (await there(client).get(eventsOf(runId))).status;

describe('a stream of events ends at once, in whatever process it is,', () => {
  it('when its key is revoked, and those of other keys go on', async () => {
    const person = await makePerson();
    const second = (await person.client.post('/v1/api-keys', { name: 'Second', scopes: ['runs:read'] })).body;
    const runId = await makeRun(person.client);
    const [events, others] = [await open(seer.stranger.as(second.key), runId), await open(person.client, runId)];
    expect((await person.client.delete(`/v1/api-keys/${second.key_id}`)).status).toBe(204);
    await endsAt(events);
    expect(await statusOf(seer.stranger.as(second.key), runId)).toBe(401);
    await goesOn(others, person.client, runId);
  });

  it('when it came with the start of the run', async () => {
    const person = await makePerson();
    const events = await EventReader.open(there(person.client), '/v1/runs?stream=true', {
      method: 'POST',
      body: { spec },
    });
    await events.until(({ data }) => data.status === 'WAITING');
    await person.client.delete(`/v1/api-keys/${person.key.publicId}`);
    await endsAt(events);
  });

  it('when its user is deactivated, with a key or a JWT, and those of other users go on', async () => {
    const person = await makePerson();
    const bystander = await makePerson();
    const ada = seer.stranger.as(await provider.token('ada'));
    const adaId = (await ada.get('/v1/me')).body.id;
    const streams = new Map<Client, { runId: string; events: EventReader }>();
    for (const client of [person.client, ada, bystander.client]) {
      const runId = await makeRun(client);
      streams.set(client, { runId, events: await open(client, runId) });
    }
    for (const [client, id] of [
      [person.client, `usr_${person.user.publicId}`],
      [ada, adaId],
    ] as const) {
      expect((await seer.admin.patch(`/v1/admin/users/${id}`, { deactivated: true })).status).toBe(200);
      const { events, runId } = streams.get(client)!;
      await endsAt(events);
      expect(await statusOf(client, runId)).toBe(401);
    }
    const { events, runId } = streams.get(bystander.client)!;
    await goesOn(events, bystander.client, runId);
  });

  it('when its key may do less than before', async () => {
    const person = await makePerson({ scopes: ['runs:read', 'runs:write'] });
    const runId = await makeRun(person.client);
    const events = await open(person.client, runId);
    await database.query(`update api_key set scopes = '{runs:write}' where id = $1`, [person.key.id]);
    await database.query(`select pg_notify('access_changed', 'users')`);
    await endsAt(events);
    expect(await statusOf(person.client, runId)).toBe(403);
  });

  it('when its key expires', async () => {
    const person = await makePerson();
    const runId = await makeRun(person.client);
    const expiresAt = new Date(Date.now() + 1_500);
    const { key: secret } = (
      await person.client.post('/v1/api-keys', { name: 'Short', scopes: ['runs:read'], expires_at: expiresAt })
    ).body;
    const events = await open(seer.stranger.as(secret), runId);
    await endsAt(events);
    expect(Date.now()).toBeGreaterThanOrEqual(expiresAt.getTime());
    expect(await statusOf(seer.stranger.as(secret), runId)).toBe(401);
  });

  it('when its JWT expires, half a minute for clocks that differ included', async () => {
    const eve = seer.stranger.as(await provider.token('eve'));
    const runId = await makeRun(eve);
    const exp = Math.floor(Date.now() / 1_000) - 28;
    const short = seer.stranger.as(await provider.token('eve', { claims: { exp } }));
    const [events, others] = [await open(short, runId), await open(eve, runId)];
    await endsAt(events);
    expect(Date.now()).toBeGreaterThanOrEqual((exp + 30) * 1_000);
    expect(await statusOf(short, runId)).toBe(401);
    await goesOn(others, eve, runId);
  });

  it('also when nobody takes what it tells', async () => {
    const person = await makePerson();
    const items = Array.from({ length: 200 }, (_, n) => n);
    const big = specOf([
      { id: 'big', type: 'set', value: 'x'.repeat(40_000) },
      {
        id: 'l',
        type: 'for_each',
        items: 'inputs',
        as: 'x',
        collect: '1',
        nodes: [{ id: 's', type: 'set', value: '${big}' }],
      },
      { id: 'w', type: 'wait', for: '1h' },
    ]);
    const { body } = await person.client.post('/v1/runs', { spec: big, inputs: items });
    await untilRun(person.client, body.run_id, ['WAITING']);
    const { hostname, port } = new URL(other.url);
    const deaf = connectSocket(Number(port), hostname).pause();
    deaf.write(
      `GET ${eventsOf(body.run_id)} HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: Bearer ${person.token}\r\n\r\n`,
    );
    await once(deaf, 'readable');
    const before = openAt(other);
    await person.client.delete(`/v1/api-keys/${person.key.publicId}`);
    await until(() => openAt(other) === before - 1);
    // What was on its way, and no more.
    let text = '';
    deaf.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    deaf.on('error', () => {});
    await once(deaf, 'close');
    expect(text).toContain('event: step');
    expect(text).not.toContain('id: 202');
  });

  it('but not when something changes that is not about it', async () => {
    const person = await makePerson();
    const runId = await makeRun(person.client);
    const events = await open(person.client, runId);
    const stranger = await makePerson();
    await stranger.client.delete(`/v1/api-keys/${stranger.key.publicId}`);
    await seer.admin.patch(`/v1/admin/users/usr_${person.user.publicId}`, { role: 'admin' });
    await goesOn(events, person.client, runId);
  });
});

describe('a stream of events', () => {
  it('ends a few seconds after a change that could not be heard', async () => {
    const [revoked, silent] = [await makePerson(), await makePerson()];
    const runId = await makeRun(silent.client);
    const others = await open(silent.client, runId);
    const events = await open(revoked.client, await makeRun(revoked.client));
    await database.query('update api_key set revoked_at = now() where id = $1', [revoked.key.id]);
    await endsAt(events, 7_000);
    await goesOn(others, silent.client, runId);
  });
});

describe('the streams of one user', () => {
  it('are so many at most in a process; others have their own, and one that ends makes room', async () => {
    const [person, neighbour] = [await makePerson(), await makePerson()];
    const runId = await makeRun(person.client);
    // None of these stays.
    expect((await there(person.client).get(eventsOf('run_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b'))).status).toBe(404);
    expect((await there(person.client).get(eventsOf(await makeRun(neighbour.client)))).status).toBe(404);
    expect((await there(person.client).call('HEAD', eventsOf(runId))).status).toBe(200);
    expect((await there(person.client).post('/v1/runs?stream=true', { spec: {} })).status).toBe(422);
    await until(() => openAt(other) === 0);

    const most = limits.eventStreams;
    const streams = await Promise.all(Array.from({ length: most }, () => open(person.client, runId)));
    const refused = await there(person.client).get(eventsOf(runId));
    expect(refused).toMatchObject({ status: 429, body: { code: 'event-stream-limit', limit: most } });
    expect(refused.body.detail).toContain(`${most} event streams`);
    const runs = (await person.client.get('/v1/runs')).body.items.length;
    expect(await there(person.client).post('/v1/runs?stream=true', { spec })).toMatchObject({
      status: 429,
      body: { code: 'event-stream-limit' },
    });
    expect((await person.client.get('/v1/runs')).body.items).toHaveLength(runs);

    const theirs = await makeRun(neighbour.client);
    await goesOn(await open(neighbour.client, theirs), neighbour.client, theirs);
    const elsewhere = await EventReader.open(person.client, eventsOf(runId));
    expect(elsewhere.response.status).toBe(200);

    await until(() => openAt(other) === most);
    streams.pop()!.leave();
    await until(() => openAt(other) === most - 1);
    streams.push(await open(person.client, runId));
    await person.client.post(`/v1/runs/${runId}/cancel`);
    for (const events of [...streams, elsewhere]) {
      expect((await events.until()).at(-1)).toMatchObject({ data: { status: 'CANCELLED' } });
    }
    await until(() => openAt(other) === 0);
  });

  it('are counted while they begin', async () => {
    const person = await makePerson();
    const runId = await makeRun(person.client);
    const answers = await Promise.all(
      Array.from({ length: limits.eventStreams + 5 }, () => EventReader.open(there(person.client), eventsOf(runId))),
    );
    expect(answers.filter(({ response }) => response.status === 429)).toHaveLength(5);
    await person.client.post(`/v1/runs/${runId}/cancel`);
    for (const events of answers) if (events.response.status === 200) await events.until();
  });

  it('look at a run together', async () => {
    const person = await makePerson();
    const runId = await makeRun(person.client);
    const streams = await Promise.all(Array.from({ length: 20 }, () => open(person.client, runId)));
    const look = jest.spyOn(other.app.get(RunReader), 'look');
    const began = performance.now();
    await until(() => look.mock.calls.length >= 6, 10_000);
    // Each for itself, it would be 40 a second.
    expect(performance.now() - began).toBeGreaterThan(1_500);
    look.mockRestore();
    await person.client.post(`/v1/runs/${runId}/cancel`);
    for (const events of streams) await events.until();
  });
});

/** Streams that a process has open. */
function openAt({ app }: TestApp): number {
  return (app.get(EventStreams) as unknown as { streams: Set<unknown> }).streams.size;
}

async function until(holds: () => boolean, withinMs = 2_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`did not hold within ${withinMs} ms: ${holds.toString()}`);
    await new Promise(setImmediate);
  }
}
