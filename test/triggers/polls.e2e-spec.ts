import { Poller } from '../../src/triggers/polls/poller.js';
import { startApp, type TestApp } from '../support/app.js';
import { makeCaller } from '../support/callers.js';
import { ListServer } from '../support/list-server.js';
import { Polls } from '../support/polls.js';
import { untilOver } from '../support/runs.js';
import { eventsOf, subscribeEcho } from '../support/triggers.js';

const TYPE = 'http_poll';
/** Events that start no run are in no set of duplicates: what comes twice is seen. */
const unwanted = { filter: 'false' };

let seer: TestApp;
let lists: ListServer;
let polls: Polls;

beforeAll(async () => {
  lists = await ListServer.start();
  seer = await startApp();
  polls = await Polls.watch(seer.databaseUrl);
});

afterAll(async () => {
  await polls.close();
  await seer.close();
  await lists.close();
});

beforeEach(async () => {
  await polls.database.query('delete from trigger_subscription');
  lists.reset();
});

const item = (id: number | string) => ({ id, text: `item ${id}` });
const pathOf = (id: string) => `/v1/trigger-subscriptions/${id}`;

async function subscribe(config: object = {}): Promise<string> {
  const { subscription_id: id } = await polls.subscribe(seer.admin, TYPE, {
    ...lists.config('list'),
    ...unwanted,
    ...config,
  });
  return id;
}

const idsOf = async (id: string) => (await polls.events(id)).map(({ data }) => data.id);

/** Resolves when this process has no poll under way. */
async function settled(): Promise<void> {
  const { underWay } = seer.app.get(Poller) as unknown as { underWay: Set<Promise<void>> };
  await Promise.all(underWay);
}

describe('http_poll', () => {
  it('starts a run for each item that was not there before', async () => {
    lists.lists.set('list', [item(1)]);
    const { subscription_id: id } = await polls.subscribe(seer.admin, TYPE, lists.config('list'));
    await polls.poll(id);
    expect(await polls.events(id)).toEqual([]);
    lists.lists.set('list', [item(2), { ...item(1), text: 'edited' }]);
    await polls.poll(id);
    lists.lists.set('list', [item(1), item(2)]);
    await polls.poll(id);
    lists.lists.set('list', []);
    await polls.poll(id);
    lists.lists.set('list', [item(2), item(1)]);
    await polls.poll(id);
    const [event, ...others] = await polls.events(id);
    expect(others).toEqual([]);
    const run = await untilOver(seer.admin, `run_${event!.run_id}`);
    expect(run.outputs).toMatchObject({ trigger: { type: TYPE, data: { id: 2, text: 'item 2' } } });
    expect((await eventsOf(seer.admin, id))[0]).toMatchObject({ verdict: 'accepted' });
  });

  it('sends the credentials of a resource, which are in no event', async () => {
    const { caller } = await (async () => ({ caller: seer.stranger.as((await makeCaller(seer.app)).token) }))();
    const { request } = lists.config('list');
    const made = await caller.post('/v1/integrations/resources', {
      resource_type: 'http_api',
      name: 'Shop',
      metadata: { base_url: new URL('/', request.url).href },
      secrets: { bearer_token: 'the-token-of-the-shop' },
    });
    expect(made.status).toBe(201);
    const config = { ...lists.config('list'), request: { url: 'list' }, resource_id: made.body.resource_id };
    const { subscription_id: id } = await polls.subscribe(caller, TYPE, { ...config, ...unwanted });
    lists.lists.set('list', [{ id: 1, echo: 'the-token-of-the-shop' }]);
    await polls.poll(id);
    expect(lists.requests.at(-1)!.headers.authorization).toBe('Bearer the-token-of-the-shop');
    const [event] = await polls.events(id);
    expect(event!.data.id).toBe(1);
    expect(JSON.stringify(event)).not.toContain('the-token');
  });

  it.each([
    ['/config/items', { items: 'response.body +' }],
    ['/config/items', { items: 'body.list' }],
    ['/config/items', { items: 'response.status' }],
    ['/config/id', { id: 'response.body' }],
    ['/config/interval', { interval: '5s' }],
    ['/config/request/method', { request: { url: 'https://example.com', method: 'DELETE' } }],
  ])('names %s when that is wrong', async (pointer, wrong) => {
    const { workflow_id } = await subscribeEcho(seer.admin, 'webhook', { verify: { type: 'none' } });
    const config = { ...lists.config('list'), ...wrong };
    const { status, body } = await seer.admin.post('/v1/trigger-subscriptions', {
      workflow_id,
      trigger_type: TYPE,
      config,
    });
    expect([status, body.errors[0].pointer]).toEqual([422, pointer]);
  });

  it('takes each of many items, some at a time, and fails with a reason for what is no list', async () => {
    const id = await subscribe({ items: 'response.body[0].list' }).catch(() => undefined);
    expect(id).toBeUndefined();
    await polls.database.query('delete from trigger_subscription');
    const other = await subscribe();
    const many = Array.from({ length: 250 }, (_, index) => item(index));
    lists.lists.set('list', many);
    expect((await polls.poll(other)).polls).toBe(3);
    expect(await idsOf(other)).toEqual(many.map(({ id }) => id));
    lists.lists.set(
      'list',
      Array.from({ length: 2_001 }, (_, index) => item(index)),
    );
    expect(await polls.poll(other)).toMatchObject({ status: 'failing', last_error: expect.stringContaining('2001') });
  });
});

describe('a poll', () => {
  it('that another one has overtaken writes nothing', async () => {
    const id = await subscribe();
    lists.holds = true;
    lists.lists.set('list', [item(1)]);
    await polls.due(id);
    await lists.standing(1);
    lists.lists.set('list', [item(1), item(2)]);
    // Its lease is over.
    await polls.due(id);
    await lists.standing(2);
    lists.letGoLast();
    const end = await polls.until(id, 2);
    const { cursor, fence } = await polls.row(id);
    lists.letGo();
    await settled();
    expect(await polls.row(id)).toMatchObject({ cursor, fence });
    expect(end.status).toBe('active');
    expect(await idsOf(id)).toEqual([1, 2]);
    expect(polls.count(id)).toBe(2);
  });

  it('that fails when another one has overtaken it says nothing', async () => {
    const id = await subscribe();
    lists.holds = true;
    lists.mishaps.push({ status: 500 });
    await polls.due(id);
    await lists.standing(1);
    await polls.due(id);
    await lists.standing(2);
    lists.letGoLast();
    await polls.until(id, 2);
    lists.letGo();
    await settled();
    expect(await polls.row(id)).toMatchObject({ status: 'active', failures: 0, last_error: null });
  });

  it('writes nothing when its subscription is switched off meanwhile; switched on, it starts from then', async () => {
    const id = await subscribe();
    lists.holds = true;
    lists.lists.set('list', [item(1)]);
    await polls.due(id);
    await lists.standing(1);
    expect((await seer.admin.patch(pathOf(id), { enabled: false })).body.status).toBe('disabled');
    lists.holds = false;
    lists.letGo();
    await settled();
    expect(await polls.events(id)).toEqual([]);
    expect(await polls.row(id)).toMatchObject({ next_fire_at: null, cursor: null });
    lists.lists.set('list', [item(1), item(2)]);
    await seer.admin.patch(pathOf(id), { enabled: true });
    await polls.until(id, 2);
    lists.lists.set('list', [item(1), item(2), item(3)]);
    await polls.poll(id);
    expect(await idsOf(id)).toEqual([3]);
  });

  it('writes nothing when its subscription is changed meanwhile: it is asked again, and keeps its place', async () => {
    const id = await subscribe();
    lists.holds = true;
    lists.lists.set('list', [item(1)]);
    await polls.due(id);
    await lists.standing(1);
    const config = { ...lists.config('list'), filter: 'trigger.data.id == 7', interval: '30s' };
    await seer.admin.patch(pathOf(id), { config });
    await lists.standing(2);
    lists.letGo(1);
    lists.letGo();
    await polls.until(id, 2);
    await settled();
    const events = await polls.events(id);
    expect(events.map(({ data, reason }) => [data.id, reason])).toEqual([
      [1, expect.stringContaining('trigger.data.id == 7')],
    ]);
  });

  it('begins anew when its subscription reads something else', async () => {
    const id = await subscribe();
    lists.lists.set('other', [item(1)]);
    await seer.admin.patch(pathOf(id), { config: { ...lists.config('other'), ...unwanted } });
    await polls.until(id, 2);
    expect(await idsOf(id)).toEqual([]);
    lists.lists.set('other', [item(1), item(2)]);
    await polls.poll(id);
    expect(await idsOf(id)).toEqual([2]);
  });

  it('is not made while nothing of its workflow is published, and starts from when it is again', async () => {
    const id = await subscribe();
    const { workflow_id } = (await seer.admin.get(pathOf(id))).body;
    lists.holds = true;
    lists.lists.set('list', [item(1)]);
    await polls.due(id);
    await lists.standing(1);
    await seer.admin.post(`/v1/workflows/${workflow_id}/unpublish`);
    lists.holds = false;
    lists.letGo();
    await settled();
    expect(await polls.row(id)).toMatchObject({ next_fire_at: null, cursor: null });
    expect(await polls.events(id)).toEqual([]);
    expect((await seer.admin.get(pathOf(id))).body.status).toBe('unpublished');
    await seer.admin.post(`/v1/workflows/${workflow_id}/publish`, {});
    await polls.until(id, 2);
    // Another version changes nothing about how far it has read.
    lists.lists.set('list', [item(1), item(2)]);
    await seer.admin.post(`/v1/workflows/${workflow_id}/publish`, {});
    await polls.poll(id);
    expect(await idsOf(id)).toEqual([2]);
  });

  it('is made once by many processes, of each subscription that is due', async () => {
    const names = Array.from({ length: 50 }, (_, index) => `list${index}`);
    const ids = await Promise.all(names.map((name) => subscribe(lists.config(name))));
    const others = [await startApp({}, seer.databaseUrl), await startApp({}, seer.databaseUrl)];
    lists.requests.length = 0;
    for (const name of names) lists.lists.set(name, [item(name)]);
    const before = ids.map((id) => polls.count(id));
    await polls.database.query('update trigger_subscription set next_fire_at = now()');
    await Promise.all(ids.map((id, index) => polls.until(id, before[index]! + 1)));
    expect(lists.requests.map(({ path }) => path.slice(1)).toSorted()).toEqual(names.toSorted());
    const found = await Promise.all(ids.map((id) => idsOf(id)));
    expect(found).toEqual(names.map((name) => [name]));
    await Promise.all(others.map((other) => other.close()));
  });
});

describe('a poll that fails', () => {
  it('is made again ever later, up to an hour, and at once no more when it works', async () => {
    const id = await subscribe();
    const waits: number[] = [];
    for (let failures = 1; failures <= 4; failures++) {
      lists.mishaps.push({ status: 503 });
      const end = await polls.poll(id);
      expect(end).toMatchObject({ status: 'failing', failures, last_error: expect.stringContaining('answered 503') });
      waits.push(end.wait!);
    }
    waits.forEach((wait, index) => {
      expect(wait).toBeGreaterThan(15 * 2 ** index * 0.79);
      expect(wait).toBeLessThan(15 * 2 ** index + 1);
    });
    await polls.database.query('update trigger_subscription set failures = 1000');
    lists.mishaps.push({ status: 503 });
    const { wait } = await polls.poll(id);
    expect(wait).toBeGreaterThan(2_800);
    expect(wait).toBeLessThan(3_601);
    expect((await seer.admin.get(pathOf(id))).body.status).toBe('failing');
    lists.lists.set('list', [item(1)]);
    expect(await polls.poll(id)).toMatchObject({ status: 'active', failures: 0, last_error: null });
    expect(await idsOf(id)).toEqual([1]);
    expect(await polls.row(id)).toMatchObject({ failing_since: null });
  });

  it('waits for as long as the other side wishes, up to a day', async () => {
    const id = await subscribe();
    const date = new Date(Date.now() + 7_200_000).toUTCString();
    for (const [wished, least, most] of [
      ['7200', 7_190, 7_201],
      [date, 7_100, 7_201],
      ['9999999', 86_390, 86_401],
      ['1', 12, 121],
    ] as const) {
      lists.mishaps.push({ status: 429, headers: { 'retry-after': wished } });
      const { wait } = await polls.poll(id);
      expect(wait).toBeGreaterThan(least);
      expect(wait).toBeLessThan(most);
    }
  });

  it('for three days is made no more, until its owner switches it on again: from where it was', async () => {
    const id = await subscribe();
    const failFor = async (time: string) => {
      lists.mishaps.push({ status: 500 });
      await polls.database.query(`update trigger_subscription set failing_since = now() - interval '${time}'`);
      return polls.poll(id);
    };
    expect(await failFor('2 days 23 hours')).toMatchObject({ status: 'failing' });
    expect(await failFor('3 days 1 second')).toMatchObject({ status: 'stopped', wait: null });
    const shown = await seer.admin.get(pathOf(id));
    expect(shown.body).toMatchObject({
      status: 'stopped',
      enabled: true,
      next_fire_at: null,
      last_error: expect.stringContaining('answered 500'),
    });
    lists.lists.set('list', [item(1)]);
    const count = polls.count(id);
    const restarted = await seer.admin.patch(pathOf(id), { enabled: true });
    expect(restarted.body).toMatchObject({ status: 'active', last_error: null });
    await polls.until(id, count + 1);
    expect(await idsOf(id)).toEqual([1]);
  });

  it('because an item can not be stored does not keep the others from coming', async () => {
    const id = await subscribe();
    await polls.database.query(`
      create function poison() returns trigger as $$ begin
        if new.event_data::text like '%poison%' then raise exception 'secret of the database'; end if;
        return new;
      end $$ language plpgsql;
      create trigger poison before insert on trigger_event for each row execute function poison()`);
    try {
      lists.lists.set('list', [item(1), item('poison'), item(2)]);
      expect(await polls.poll(id)).toMatchObject({ status: 'active' });
      await polls.poll(id);
    } finally {
      await polls.database.query('drop trigger poison on trigger_event; drop function poison');
    }
    const events = await polls.events(id);
    expect(events.map(({ verdict, data }) => [verdict, data?.id])).toEqual([
      ['filtered', 1],
      ['failed', undefined],
      ['filtered', 2],
    ]);
    expect(events[1]!.reason).not.toContain('secret');
  });

  it('because the database refuses all of it tells nobody why, and is made again', async () => {
    const id = await subscribe();
    await polls.database.query(`
      create function refuse() returns trigger as $$ begin raise exception 'secret of the database'; end $$ language plpgsql;
      create trigger refuse before insert on trigger_event for each row execute function refuse()`);
    lists.lists.set('list', [item(1)]);
    try {
      const end = await polls.poll(id);
      expect(end).toMatchObject({
        status: 'failing',
        last_error: 'It failed for a reason inside Seer; the log has it.',
      });
    } finally {
      await polls.database.query('drop trigger refuse on trigger_event; drop function refuse');
    }
    await polls.poll(id);
    expect(await idsOf(id)).toEqual([1]);
  });

  it('does not come of what is too large, too deep or not to be written down: that is a failed event', async () => {
    const id = await subscribe();
    let deep: unknown = 1;
    for (let level = 0; level < 150; level++) deep = [deep];
    lists.lists.set('list', [
      item(1),
      { id: 2, text: 'x'.repeat(1_000_000) },
      { id: 3, deep },
      { id: 4, text: 'a\u0000b\ud800' },
    ]);
    expect(await polls.poll(id)).toMatchObject({ status: 'active', last_error: null });
    const events = await polls.events(id);
    expect(events.map(({ verdict, data }) => [verdict, data?.text])).toEqual(
      expect.arrayContaining([
        ['filtered', 'item 1'],
        ['failed', undefined],
        ['failed', undefined],
        ['filtered', 'a\ufffdb\ufffd'],
      ]),
    );
    expect(events.map(({ reason }) => reason)).toEqual(
      expect.arrayContaining([expect.stringContaining('at most 1000000'), expect.stringContaining('100 levels')]),
    );
  });

  it('is left to a build that knows its type', async () => {
    const id = await subscribe();
    await polls.database.query(
      `update trigger_subscription set trigger_type = 'of_another_build', next_fire_at = now()`,
    );
    const other = await subscribe();
    expect(await polls.row(id)).toMatchObject({ status: 'active', failures: 0, fence: 2 });
    await polls.poll(other);
    expect(await polls.row(id)).toMatchObject({ status: 'active', failures: 0, fence: 2 });
  });
});
