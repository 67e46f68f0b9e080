import { type ComparedJob } from '../support/bench-job.js';
import { query } from '../support/bench-database.js';
import { load } from '../support/load.js';
import { expectSaved, savedRuns } from '../support/saved.js';
import { Seer } from '../support/seer.js';
import { delivery, threeTransformsOfEvent } from '../support/specs.js';

export const webhookSync: ComparedJob = {
  name: 'webhook-sync',
  about: 'a webhook answered with the output of three transforms, when event, run and steps are saved',
  peers: ['sync-run'],
  async enter({ databases }) {
    const database = await databases.create('bench_webhook_sync');
    const seer = await Seer.onDatabase(database);
    const path = await seer.subscribe(threeTransformsOfEvent, { verify: { type: 'none' }, respond: 'when_finished' });
    const request = { url: seer.url, path, body: delivery, status: 200 };
    return {
      program: seer.program,
      database,
      measure: (wanted) => load({ ...request, ...wanted }),
      prove: async (answered) => {
        await expectSaved(database, answered, savedRuns(3));
        await expectEvents(database, answered);
      },
      stop: () => seer.stop(),
    };
  },
};

/** Each delivery is in the ledger, with the run that it started. */
async function expectEvents(database: string, answered: number): Promise<void> {
  const [found] = await query<{ events: number }>(
    database,
    `select count(*)::int as events from trigger_event e join workflow_run r on r.run_id = e.run_id
     where e.verdict = 'accepted' and r.trigger_event_id = e.event_id`,
  );
  if (found?.events !== answered)
    throw new Error(`${answered} deliveries were answered, ${found?.events} are in the ledger.`);
}
