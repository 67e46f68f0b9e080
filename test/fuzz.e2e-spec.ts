import fc from 'fast-check';
import { startApp, type TestApp } from './support/app.js';
import { KnownIds } from './support/fuzz/known-ids.js';
import { type FuzzOperation, type OpenApi, operationsOf } from './support/fuzz/operations.js';
import { send } from './support/fuzz/send.js';
import { fillWorld } from './support/fuzz/world.js';

/**
 * The same requests each time, so that a change is judged and not luck. `SEER_FUZZ_SEED=<number>` asks others, and
 * `SEER_FUZZ_REQUESTS=<number>` more.
 */
const seed = Number(process.env.SEER_FUZZ_SEED ?? 425_352_221);
const requests = Number(process.env.SEER_FUZZ_REQUESTS ?? 10_000);
/** Requests that are under way at once: as from several people. */
const SENDERS = 8;

let seer: TestApp;
let known: KnownIds;
let token: string;
let operations: FuzzOperation[];

beforeAll(async () => {
  seer = await startApp({ SEER_SYNC_WAIT_SECONDS: '1', LOG_LEVEL: 'error' });
  ({ known, token } = await fillWorld(seer));
  operations = operationsOf((await (await fetch(`${seer.url}/openapi.json`)).json()) as OpenApi);
});

afterAll(() => seer.close());

it(`answers ${requests} random requests over every operation as documented, none with a 5xx`, async () => {
  process.stdout.write(`SEER_FUZZ_SEED=${seed} SEER_FUZZ_REQUESTS=${requests}\n`);
  const each = Math.ceil(requests / operations.length);
  const statuses = new Map<string, Set<number>>();
  const queue = turns(each);
  const faults: string[] = [];
  const sender = async (): Promise<void> => {
    for (let next = queue.pop(); next; next = queue.pop()) {
      const { operation, request } = next;
      const status = await send({ url: seer.url, token, known }, operation, request).catch((error: Error) => {
        faults.push(error.message);
        return 0;
      });
      statuses.set(operation.id, (statuses.get(operation.id) ?? new Set()).add(status));
    }
  };
  await Promise.all(Array.from({ length: SENDERS }, sender));

  expect(faults).toEqual([]);
  expect(statuses.size).toBe(operations.length);
  // Requests that are refused at the door would prove little.
  const neverDone = [...statuses].flatMap(([id, seen]) => ([...seen].some((status) => status < 400) ? [] : [id]));
  expect(neverDone.length).toBeLessThan(operations.length / 3);
});

/** So many requests of each operation, in turns. */
function turns(each: number) {
  const columns = operations.map((operation, index) =>
    fc.sample(operation.requests, { seed: seed + index, numRuns: each }).map((request) => ({ operation, request })),
  );
  return Array.from({ length: each }, (_, row) => columns.map((column) => column[row]!)).flat();
}
