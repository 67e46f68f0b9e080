import { type JsonObject } from '../../src/common/json.js';
import { type Heard, type Manner, type Squawk } from './parrot.js';

/** Bodies that tools take their outputs from, with something heard wherever a text can stand; by the key of the tool. */
export const bodies: Readonly<Record<string, (heard: string) => unknown>> = {
  'gmail.send_email': (e) => ({ id: e, threadId: e }),
  'gmail.search_messages': (e) => ({ messages: [{ id: e, threadId: e }], nextPageToken: e }),
  'gmail.get_message': (e) => ({
    ...{ id: e, threadId: e, internalDate: '1700000000000', snippet: e, labelIds: [e] },
    payload: {
      headers: ['From', 'To', 'Subject', 'Message-ID'].map((name) => ({ name, value: e })),
      parts: [
        { mimeType: 'text/plain', body: { data: Buffer.from(e).toString('base64url') } },
        { mimeType: 'text/html', body: { data: Buffer.from(`<${e}`).toString('base64url') } },
        { filename: e, mimeType: e, body: { size: 1, attachmentId: e } },
      ],
    },
  }),
  'google_sheets.read_range': (e) => ({
    range: e,
    values: [
      [e, 'b'],
      ['x', e],
    ],
  }),
  'google_sheets.append_rows': (e) => ({
    ...{ spreadsheetId: e, tableRange: e },
    updates: { updatedRange: e, updatedRows: 1, updatedCells: 1 },
  }),
  'google_drive.list_files': (e) => ({
    files: [{ id: e, name: e, mimeType: e, size: '1', modifiedTime: e, webViewLink: e }],
    nextPageToken: e,
  }),
  'github.get_repo': (e) => ({
    ...{ id: 1, full_name: e, description: e, private: false, archived: false, default_branch: e, language: e },
    ...{ html_url: e, stargazers_count: 1, forks_count: 1, open_issues_count: 1, pushed_at: e },
  }),
  'github.list_issues': (e) => [issue(e)],
  'github.create_issue': (e) => issue(e),
  'github.create_comment': (e) => ({ id: 1, html_url: e, created_at: e }),
  'slack.post_message': (e) => ({ ok: true, channel: e, ts: e }),
  'slack.list_channels': (e) => ({
    ok: true,
    channels: [{ id: e, name: e, is_member: true, topic: { value: e } }],
    response_metadata: { next_cursor: e },
  }),
  'notion.create_page': (e) => ({ id: e, url: e, created_time: e }),
  'linear.create_issue': (e) => ({ data: { issueCreate: { issue: { id: e, identifier: e, title: e, url: e } } } }),
  'http.request': (e) => ({ [e]: e, list: [e, { [`x${e}`]: [e] }] }),
};

function issue(e: string): JsonObject {
  return {
    ...{ number: 1, title: e, body: e, state: e, html_url: e, user: { login: e }, labels: [e, { name: e }] },
    ...{ assignees: [{ login: e }], comments: 1, created_at: e, updated_at: e, closed_at: e },
  };
}

/** Answers with what was heard in all places where APIs say what is wrong. */
const complaint = ({ all }: Heard): JsonObject => ({
  error: { message: all, status: all, errors: [{ reason: all }], details: [{ reason: all }] },
  ...{ message: all, error_description: all, code: all, errors: [all, { field: all, code: 'custom', message: all }] },
});

/** A message, and a body, that is cut in the middle of what was heard; in whichever place it is looked for. */
function longSaying(before: number, said: string): JsonObject {
  const message = 'x'.repeat(before) + said;
  const errors = [{ message, reason: message, extensions: { code: message } }];
  return { error: { message, errors }, message, error_description: message, errors, code: message };
}

const again = { 'retry-after': '0' };
const quick = (status: number) => (heard: Heard) => ({ status, headers: again, body: complaint(heard) });
const cutAt = (before: number) => (heard: Heard) => ({ status: 400, body: longSaying(before, heard.secret) });
const plain = (heard: Heard) => heard.secret.replaceAll(/[^\w-]/g, '');

/** Ways to fail, each of which repeats what was heard. */
export const failures: Readonly<Record<string, Manner>> = {
  '400': quick(400),
  '401': (heard) => ({ ...quick(401)(heard), headers: { 'www-authenticate': `Bearer error="${heard.inHeader}"` } }),
  '403': quick(403),
  '404': quick(404),
  '409': ({ all }) => ({ status: 409, body: { [all]: { [all]: all } } }),
  '422': quick(422),
  '429': quick(429),
  '500': ({ all }) => ({ status: 500, headers: again, body: `<html>${all}</html>` }),
  '503': ({ inHeader }) => ({ status: 503, headers: { ...again, 'x-said': inHeader }, body: inHeader }),
  'broken JSON': ({ all }) => ({ headers: { 'content-type': 'application/json' }, body: `{"said": "${all}` }),
  'a page': ({ all, inHeader }) => ({ headers: { 'x-said': inHeader }, body: `<html>${all}</html>` }),
  'another shape': ({ all }) => ({ body: { [all]: { [all]: [all] }, data: { [all]: all } } }),
  'errors with 200': (heard) => ({ body: { ok: false, ...complaint(heard), error: heard.all, needed: heard.all } }),
  'GraphQL errors': ({ all }) => ({
    body: { errors: [{ message: all, extensions: { code: all, userPresentableMessage: all } }] },
  }),
  'messages of Slack': ({ all }) => ({ body: { ok: false, error: 'no', response_metadata: { messages: [all] } } }),
  'a redirect here': (heard) => ({
    status: 302,
    headers: { location: `${heard.path}?x=${encodeURIComponent(heard.secret)}` },
  }),
  'a redirect away': (heard) => ({
    status: 307,
    headers: { location: `http://localhost:1/${plain(heard)}?x=${encodeURIComponent(heard.secret)}` },
  }),
  'a redirect nowhere': (heard) => ({ status: 302, headers: { location: `http://[${plain(heard)}` } }),
  'no HTTP': ({ secret }) => ({ raw: `HTTP/1.1 200 OK\r\nbad header ${secret}\r\n: ${secret}\r\n\r\n` }),
  'no HTTP at all': ({ secret }) => ({ raw: `${secret} ${secret}\r\n\r\n` }),
  'an end too soon': ({ all }) => ({ body: all, breaksOff: true }),
  'a reason': ({ inHeader }) => ({ status: 418, reason: inHeader, body: '' }),
  'a cut message': cutAt(285),
  'a cut reason': cutAt(185),
  'a cut code': cutAt(85),
  'cut details': cutAt(480),
  'a cut body': ({ secret }) => ({ status: 400, body: `${'x'.repeat(1_985)}${secret}` }),
  'very much': ({ all }) => ({ status: 400, headers: again, body: { message: all, more: all.repeat(100) } }) as Squawk,
};
