import { setTimeout as delay } from 'node:timers/promises';
import { Fleet, type Started } from './support/fleet.js';
import { graphNamed } from './support/graphs.js';
import { Random, seed } from './support/random.js';
import { report } from './support/report.js';
import { transitionsOf } from './support/transitions.js';

const RACES = 1_000;
const AT_A_TIME = 25;
/** A run of the chain takes about this long at that pace, in milliseconds. */
const SPREAD_MS = 400;

interface Race {
  readonly run: Started;
  /** What the cancelling request was told. */
  readonly told: string;
}

/** As it is in the end. */
interface Row {
  readonly run_id: string;
  readonly status: string;
  readonly outputs: unknown;
  readonly completed_at: Date;
  readonly worker_id: string | null;
}

describe('runs that are cancelled while they come to their end', () => {
  let fleet: Fleet;
  const races: Race[] = [];
  let rows: Map<string, Row>;

  beforeAll(async () => {
    fleet = await Fleet.start(2, { latency: 0 });
    const random = new Random(seed);
    const graphs = [graphNamed('a chain of five calls'), graphNamed('a child run')];
    for (const graph of graphs) await fleet.publish(graph);
    let begun = 0;
    const racer = async (): Promise<void> => {
      while (begun++ < RACES) {
        const [starter, canceller] = random.shuffled(fleet.processes);
        const run = await fleet.run(starter!, random.pick(graphs));
        await delay(random.below(SPREAD_MS));
        const { status, body } = await canceller!.call('POST', `/v1/runs/${run.runId}/cancel`);
        if (status !== 200) throw new Error(JSON.stringify(body));
        races.push({ run, told: body.status });
      }
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, racer));
    rows = await read();
  }, 600_000);

  afterAll(() => fleet?.stop());

  async function read(): Promise<Map<string, Row>> {
    await fleet.untilOver(races.map(({ run }) => run));
    const found = await fleet.database.query<Row>(
      'select run_id, status, outputs, completed_at, worker_id from workflow_run',
    );
    return new Map(found.rows.map((row) => [row.run_id, row]));
  }

  const rowOf = ({ run }: Race) => rows.get(run.runId.slice('run_'.length))!;

  it('are lost or won, each by some', () => {
    const won = races.filter((race) => rowOf(race).status === 'CANCELLED').length;
    report('cancel', { races: races.length, cancelled: won, completed: races.length - won });
    expect(won).toBeGreaterThan(RACES / 20);
    expect(won).toBeLessThan(RACES - RACES / 20);
  });

  it('are told what became of the run, and it stays so', async () => {
    expect(races.filter((race) => race.told !== rowOf(race).status)).toEqual([]);
    expect(await read()).toEqual(rows);
  });

  it('have an output when they completed, and none when they were cancelled', () => {
    const wrong = [...rows.values()].filter(
      ({ status, outputs, worker_id: worker }) => worker !== null || (status === 'COMPLETED') !== (outputs !== null),
    );
    expect(wrong).toEqual([]);
  });

  it('come to one end, their children too', async () => {
    const transitions = await transitionsOf(fleet.database, [...rows.keys()]);
    const ends = Map.groupBy(
      transitions.filter(({ became }) => ['COMPLETED', 'FAILED', 'CANCELLED'].includes(became)),
      ({ run_id: runId }) => runId,
    );
    expect([...ends.values()].filter(({ length }) => length !== 1)).toEqual([]);
    expect(ends.size).toBe(rows.size);
    expect([...rows.values()].filter(({ status }) => status === 'FAILED')).toEqual([]);
  });
});
