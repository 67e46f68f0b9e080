import { Seer } from '../chaos/support/seer.js';
import { startApp, type TestApp } from '../support/app.js';
import { ListServer } from '../support/list-server.js';
import { Polls } from '../support/polls.js';

let seer: TestApp;
let lists: ListServer;
let polls: Polls;
const processes: Seer[] = [];

beforeAll(async () => {
  lists = await ListServer.start();
  // It answers requests only: others poll.
  seer = await startApp({ SEER_ROLE: 'api' });
  polls = await Polls.watch(seer.databaseUrl);
});

afterAll(async () => {
  for (const one of processes) await one.end();
  await polls.close();
  await seer.close();
  await lists.close();
});

/** A process that polls. */
async function start(variables: Record<string, string> = {}): Promise<Seer> {
  const { SEER_BOOTSTRAP_API_KEY: _key, ...others } = variables;
  const one = Seer.create(seer.databaseUrl, 'dist/src/main.js', others);
  processes.push(one);
  await one.start();
  return one;
}

const subscribe = () => polls.subscribe(seer.admin, 'http_poll', { ...lists.config('list'), filter: 'false' });
const idsOf = async (id: string) => (await polls.events(id)).map(({ data }) => data.id);

describe('a process that polls', () => {
  it.each(['before-events', 'after-events'])(
    'dies at %s: another one goes on when the lease is over, and each item comes once',
    async (point) => {
      lists.reset();
      await polls.database.query('delete from trigger_subscription');
      // The first passage is the look where now is.
      const dying = await start({ SEER_FAULT_POINT: `${point}:2` });
      const { subscription_id: id } = await subscribe();
      lists.lists.set('list', [{ id: 1 }, { id: 2 }]);
      await polls.due(id);
      expect(await dying.program.ended).toBeNull();
      const isDone = point === 'after-events';
      expect(await idsOf(id)).toEqual(isDone ? [1, 2] : []);
      const { wait } = await polls.row(id);
      // A lease, or the interval.
      expect(wait).toBeGreaterThan(isDone ? 50 : 120);
      const other = await start();
      lists.lists.set('list', [{ id: 1 }, { id: 2 }, { id: 3 }]);
      await polls.poll(id);
      expect(await idsOf(id)).toEqual([1, 2, 3]);
      await other.end();
    },
  );

  it('hands back what it has under way when it is told to stop', async () => {
    lists.reset();
    await polls.database.query('delete from trigger_subscription');
    const stopping = await start();
    const { subscription_id: id } = await subscribe();
    lists.lists.set('list', [{ id: 1 }]);
    lists.holds = true;
    await polls.due(id);
    await lists.standing(1);
    const handedBack = polls.until(id, polls.count(id) + 1);
    expect(await stopping.program.stop('SIGTERM')).toBe(0);
    expect(await handedBack).toMatchObject({ status: 'active', failures: 0 });
    expect((await polls.row(id)).wait).toBeLessThan(0);
    lists.holds = false;
    const other = await start();
    await polls.until(id, polls.count(id) + 1);
    expect(await idsOf(id)).toEqual([1]);
    await other.end();
  });
});
