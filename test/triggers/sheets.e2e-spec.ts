import { makeOwner, type Owner, withLocal } from '../support/accounts.js';
import { startApp, type TestApp } from '../support/app.js';
import { allGoogleScopes, GoogleServer } from '../support/google-server.js';
import { Polls } from '../support/polls.js';
import { untilOver } from '../support/runs.js';

const TYPE = 'google_sheets_row_added';

let seer: TestApp;
let google: GoogleServer;
let ada: Owner;
let polls: Polls;
let rows: unknown[][];

beforeAll(async () => {
  google = await GoogleServer.start();
  seer = await startApp(google.registration, undefined, { providers: withLocal('google', google.local) });
  ada = await makeOwner(seer, 'google', allGoogleScopes);
  polls = await Polls.watch(seer.databaseUrl);
});

afterAll(async () => {
  await polls.close();
  await seer.close();
  await google.close();
});

beforeEach(async () => {
  await polls.database.query('delete from trigger_subscription');
  google.reset();
  rows = [['order', 'total', '']];
  google.sheets.set("Ada's orders", rows);
});

const config = () => ({ spreadsheet_id: google.sheetId, sheet: "Ada's orders" });
const order = (number: number) => [`A-${number}`, number];
const orders = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => order(from + index));

async function subscribe(): Promise<string> {
  return (await polls.subscribe(ada.caller, TYPE, { ...config(), filter: 'false' })).subscription_id;
}

async function found(id: string): Promise<string[]> {
  return (await polls.events(id)).map(({ data }) => data.values[0]);
}

const names = (from: number, to: number) => orders(from, to).map(([name]) => name);

describe('google_sheets_row_added', () => {
  it('starts a run for a row below the last one, and none for what was there', async () => {
    rows.push(order(1));
    const { subscription_id: id } = await polls.subscribe(ada.caller, TYPE, config());
    await polls.poll(id);
    expect(await polls.events(id)).toEqual([]);
    rows.push(['A-2', 99.5, 'gift']);
    await polls.poll(id);
    await polls.poll(id);
    const [event, ...others] = await polls.events(id);
    expect(others).toEqual([]);
    const run = await untilOver(ada.caller, `run_${event!.run_id}`);
    expect(run.outputs).toMatchObject({
      trigger: {
        type: TYPE,
        data: {
          row_number: 3,
          values: ['A-2', '99.5', 'gift'],
          record: { order: 'A-2', total: '99.5', column_3: 'gift' },
        },
      },
    });
  });

  it('finds each of 1,500 rows that are added at once, some at a time, and the same values again', async () => {
    const id = await subscribe();
    rows.push(...orders(1, 1_500), [], order(7));
    const { polls: count } = await polls.poll(id);
    expect(count).toBe(8);
    expect(await found(id)).toEqual([...names(1, 1_500), 'A-7']);
  });

  it('makes no events of rows that are deleted, and finds those that were added meanwhile', async () => {
    rows.push(...orders(1, 20));
    const id = await subscribe();
    rows.splice(5, 3);
    await polls.poll(id);
    rows.push(order(21));
    await polls.poll(id);
    expect(await found(id)).toEqual(['A-21']);
    // Deleted and added between two looks.
    rows.splice(2, 4);
    rows.push(...orders(22, 24));
    await polls.poll(id);
    expect(await found(id)).toEqual(names(21, 24));
    rows.splice(-4);
    await polls.poll(id);
    rows.push(order(25));
    await polls.poll(id);
    expect(await found(id)).toEqual(names(21, 25));
  });

  it('finds the end again when nearly all rows are gone', async () => {
    rows.push(...orders(1, 2_500));
    const id = await subscribe();
    rows.splice(11);
    await polls.poll(id);
    expect(await found(id)).toEqual([]);
    rows.push(order(3_000));
    await polls.poll(id);
    expect(await found(id)).toEqual(['A-3000']);
    rows.length = 0;
    await polls.poll(id);
    rows.push(['order'], order(3_001));
    await polls.poll(id);
    expect(await found(id)).toEqual(['A-3000', 'A-3001']);
  });

  it('makes no events of rows that are edited, sorted or inserted between others', async () => {
    rows.push(...orders(1, 20));
    const id = await subscribe();
    rows[20] = ['A-20', 'edited'];
    await polls.poll(id);
    rows.splice(1, 20, ...rows.slice(1).toReversed());
    await polls.poll(id);
    rows.splice(4, 0, ['inserted']);
    await polls.poll(id);
    expect(await found(id)).toEqual([]);
    rows.push(order(21));
    await polls.poll(id);
    expect(await found(id)).toEqual(['A-21']);
  });

  it('says when there is no such sheet, and goes on when there is', async () => {
    rows.push(order(1));
    const id = await subscribe();
    google.sheets.delete("Ada's orders");
    expect(await polls.poll(id)).toMatchObject({
      status: 'failing',
      last_error: 'The spreadsheet has no sheet "Ada\'s orders".',
    });
    google.sheets.set("Ada's orders", [...rows, order(2)]);
    expect(await polls.poll(id)).toMatchObject({ status: 'active', last_error: null });
    expect(await found(id)).toEqual(['A-2']);
  });
});
