import { makeOwner, type Owner, runTool, withLocal } from './support/accounts.js';
import { startApp, type TestApp } from './support/app.js';
import { allGoogleScopes, GoogleServer } from './support/google-server.js';

let seer: TestApp;
let google: GoogleServer;
let ada: Owner;

beforeAll(async () => {
  google = await GoogleServer.start();
  seer = await startApp(google.registration, undefined, { providers: withLocal('google', google.local) });
  ada = await makeOwner(seer, 'google', allGoogleScopes);
});

afterAll(async () => {
  await seer.close();
  await google.close();
});

beforeEach(() => google.reset());

describe('google_sheets', () => {
  const range = 'Orders!A1:C';
  const read = (inputs: object = {}) =>
    runTool(ada.caller, 'google_sheets.read_range', { spreadsheet_id: google.sheetId, range, ...inputs });

  it('reads cells as they look, or as they are', async () => {
    google.sheets.set('Orders', [['a', 1, true], [], ['b']]);
    expect((await read()).outputs).toEqual({ range, rows: [['a', '1', 'true'], [], ['b']], headers: [], records: [] });
    const { outputs } = await read({ value_render_option: 'UNFORMATTED_VALUE' });
    expect(outputs.rows).toEqual([['a', 1, true], [], ['b']]);
  });

  it('makes records by the names of the columns, each of which is a name of its own', async () => {
    google.sheets.set('Orders', [
      ['Name', '', 'Name', '__proto__'],
      ['Ada', 1],
      ['Bob', 2, 'x', 'y', 'z'],
    ]);
    const { outputs } = await read({ value_render_option: 'UNFORMATTED_VALUE', first_row_is_header: true });
    expect(outputs.headers).toEqual(['Name', 'column_2', 'Name_2', '__proto__', 'column_5']);
    expect(Object.entries(outputs.records[0])).toEqual([
      ['Name', 'Ada'],
      ['column_2', 1],
      ['Name_2', null],
      ['__proto__', null],
      ['column_5', null],
    ]);
    expect(outputs.rows).toHaveLength(2);
  });

  it('is empty where there is nothing', async () => {
    google.sheets.set('Orders', []);
    expect((await read({ first_row_is_header: true })).outputs).toMatchObject({ rows: [], headers: [], records: [] });
  });

  it('appends rows as they are unless told to take them for typed', async () => {
    google.sheets.set('Orders', [['Name', 'Formula', 'N']]);
    const inputs = { spreadsheet_id: google.sheetId, range: 'Orders', rows: [['Ada', '=1+1', null]] };
    const { outputs } = await runTool(ada.caller, 'google_sheets.append_rows', inputs);
    expect(outputs).toEqual({
      spreadsheet_id: google.sheetId,
      table_range: 'Orders!A1:C1',
      updated_range: 'Orders!A2:C2',
      updated_rows: 1,
      updated_cells: 3,
    });
    expect(google.sheets.get('Orders')![1]).toEqual(['Ada', '=1+1', null]);
    expect(google.api.calls[0]!.query.get('valueInputOption')).toBe('RAW');
    await runTool(ada.caller, 'google_sheets.append_rows', { ...inputs, value_input_option: 'USER_ENTERED' });
    expect(google.api.calls[1]!.query.get('valueInputOption')).toBe('USER_ENTERED');
  });

  it("fails with Google's own words for a range that there is not", async () => {
    expect(await read({ range: 'Nowhere!A1' })).toMatchObject({
      error: expect.stringContaining('answered 400 to GET: Unable to parse range: Nowhere!A1 (badRequest).'),
      error_detail: { code: 'upstream-refused' },
    });
  });

  it('keeps a range inside its place in the address', async () => {
    await read({ range: '../../../drive/v3/files?x=' });
    expect(google.api.requests.map(({ path }) => path.split('?')[0])).toEqual([
      `/sheets/v4/spreadsheets/${google.sheetId}/values/..%2F..%2F..%2Fdrive%2Fv3%2Ffiles%3Fx%3D`,
    ]);
    expect(await read({ range: '..' })).toMatchObject({ error_detail: { code: 'input-invalid' } });
  });

  it.each([
    ['rows that are no lists', '{"range":"Orders","values":["a"]}'],
    ['cells that are objects', '{"range":"Orders","values":[[{}]]}'],
    ['a number beyond all floats', '{"range":"Orders","values":[[1e400]]}', 'upstream-refused'],
    ['no range', '{"values":[]}'],
  ])('fails with a name for an answer with %s', async (_what, body, code = 'upstream-error') => {
    google.api.mishaps.push({ body });
    expect(await read()).toMatchObject({ status: 'FAILED', error_detail: { code } });
  });
});

describe('google_drive.list_files', () => {
  const list = (inputs: object) => runTool(ada.caller, 'google_drive.list_files', inputs);

  it('finds files by their name, type and folder, whatever is in these', async () => {
    const mimeType = 'application/pdf';
    const modifiedTime = '2026-01-31T10:00:00.000Z';
    google.files.push(
      { id: 'f1', name: "Ada's \\ plan and more", mimeType, modifiedTime, size: '1234' },
      { id: 'f2', name: 'Other', mimeType: 'text/plain', modifiedTime },
    );
    const inputs = { name_contains: "Ada's \\ plan and", mime_type: mimeType, folder_id: 'f' };
    expect((await list(inputs)).outputs).toEqual({
      files: [
        {
          id: 'f1',
          name: "Ada's \\ plan and more",
          mime_type: mimeType,
          size: 1_234,
          modified_at: modifiedTime,
          url: null,
        },
      ],
      has_more: false,
      next_page_token: null,
    });
    // Nobody widens a search from inside of a name.
    expect((await list({ name_contains: "x' or name contains 'O" })).outputs.files).toEqual([]);
  });

  it('follows pages, and hands own conditions on', async () => {
    for (let index = 0; index < 5; index++)
      google.files.push({ id: `f${index}`, name: 'n', mimeType: 'm', modifiedTime: '2026-01-31T10:00:00.000Z' });
    const first = (await list({ limit: 3 })).outputs;
    expect(first).toMatchObject({ files: { length: 3 }, has_more: true });
    expect((await list({ page_token: first.next_page_token })).outputs).toMatchObject({ files: { length: 2 } });
    expect((await list({ query: 'starred = true' })).outputs.files).toEqual([]);
    expect(await list({ query: 'nonsense' })).toMatchObject({ error: expect.stringContaining('Invalid Value') });
  });
});
