import { connect, makeOwner, type Owner } from './support/accounts.js';
import { startApp, type TestApp } from './support/app.js';
import { makeCaller } from './support/callers.js';
import { type Client } from './support/client.js';
import { githubError, GitHubServer } from './support/github-server.js';
import { allGoogleScopes, googleError, googleScopes, GoogleServer } from './support/google-server.js';
import { makeResource } from './support/resources.js';
import { slackError, SlackServer } from './support/slack-server.js';
import { providers } from '../src/oauth/index.js';

let seer: TestApp;
let google: GoogleServer;
let github: GitHubServer;
let slack: SlackServer;
let ada: Owner;
let bob: Owner;
let carol: Owner;

beforeAll(async () => {
  google = await GoogleServer.start();
  github = await GitHubServer.start();
  slack = await SlackServer.start();
  const local: Record<string, object> = { google: google.local, github: github.local, slack: slack.local };
  seer = await startApp({ ...google.registration, ...github.registration, ...slack.registration }, undefined, {
    providers: providers.map((provider) => ({ ...provider, ...local[provider.key] })),
  });
  ada = await makeOwner(seer, 'google', allGoogleScopes);
  bob = await makeOwner(seer, 'github', ['repo']);
  carol = await makeOwner(seer, 'slack', ['channels:read']);
});

afterAll(async () => {
  await seer.close();
  for (const server of [google, github, slack]) await server.close();
});

beforeEach(() => {
  for (const server of [google, github, slack]) server.reset();
});

function browse(client: Client, what: string, query: Record<string, string> = {}) {
  const [provider, type] = what.split('/');
  return client.get(`/v1/integrations/${provider}/resources/${type}?${new URLSearchParams(query).toString()}`);
}

/** All pages of a list. */
async function everything(client: Client, what: string, query: Record<string, string> = {}) {
  const ids: string[] = [];
  for (let cursor: string | null | undefined; cursor !== null;) {
    const { status, body } = await browse(client, what, { ...query, ...(cursor && { cursor }) });
    expect(status).toBe(200);
    ids.push(...body.items.map(({ id }: { id: string }) => id));
    cursor = body.next_cursor;
  }
  return ids;
}

const sheet = 'application/vnd.google-apps.spreadsheet';
const modifiedTime = '2026-01-31T10:00:00.000Z';

describe('what can be browsed', () => {
  it('are spreadsheets and files of Google', async () => {
    for (let index = 0; index < 7; index++)
      google.files.push({ id: `s${index}`, name: `Budget ${index}`, mimeType: sheet, modifiedTime });
    google.files.push({ id: 'f', name: "Ada's plan", mimeType: 'application/pdf', modifiedTime });
    const { body } = await browse(ada.caller, 'google/spreadsheet', { limit: '3' });
    expect(body.items).toHaveLength(3);
    expect(body.items[0]).toEqual({ id: 's0', title: 'Budget 0', description: 'changed 2026-01-31', url: null });
    expect(await everything(ada.caller, 'google/spreadsheet', { limit: '3' })).toHaveLength(7);
    expect(await everything(ada.caller, 'google/spreadsheet', { query: 'Budget 5' })).toEqual(['s5']);
    expect(await everything(ada.caller, 'google/drive_file', { query: "Ada's" })).toEqual(['f']);
  });

  it('are repositories and branches of GitHub', async () => {
    for (let index = 0; index < 5; index++) github.repositories.push(`ada/engine-${index}`);
    github.branches.push('main', 'feature/x', 'feature/y');
    expect(await everything(bob.caller, 'github/repository', { limit: '2' })).toHaveLength(5);
    expect(await everything(bob.caller, 'github/repository', { limit: '2', query: 'Engine-3' })).toEqual([
      'ada/engine-3',
    ]);
    const parent = 'octocat/hello-world';
    expect(await everything(bob.caller, 'github/branch', { parent, query: 'feature', limit: '1' })).toEqual([
      'feature/x',
      'feature/y',
    ]);
  });

  it('are channels of Slack', async () => {
    slack.channels.push({ id: 'C1', name: 'general', is_member: true }, { id: 'C2', name: 'random' });
    const { body } = await browse(carol.caller, 'slack/channel');
    expect(body).toEqual({
      items: [
        { id: 'C1', title: '#general', description: 'the app is in it', url: null },
        { id: 'C2', title: '#random', description: 'the app must be invited', url: null },
      ],
      next_cursor: null,
    });
    expect(await everything(carol.caller, 'slack/channel', { query: 'RAND', limit: '1' })).toEqual(['C2']);
  });

  it('is named when something else is asked for', async () => {
    for (const what of ['google/nonsense', 'nobody/spreadsheet', 'github/spreadsheet']) {
      const { status, body } = await browse(ada.caller, what);
      expect([status, body.code]).toEqual([404, 'not-browsable']);
      for (const known of ['google/spreadsheet', 'github/branch', 'slack/channel'])
        expect(body.detail).toContain(known);
    }
  });
});

describe('a request to browse', () => {
  it.each<[string, Record<string, string>, number, string]>([
    ['github/branch', {}, 422, 'Branches need a parent: the repository, owner/name.'],
    ['github/branch', { parent: 'nonsense' }, 422, 'it must be owner/name'],
    ['github/branch', { parent: '../user' }, 422, 'it must be owner/name'],
    ['github/branch', { parent: 'octocat/..' }, 422, 'it must be owner/name'],
    ['github/branch', { parent: 'octocat/nothing' }, 409, 'answered 404 to GET: Not Found'],
    ['github/repository', { parent: 'octocat' }, 422, 'leave parent out'],
    ['github/repository', { cursor: 'evil' }, 422, 'The cursor is none of this list'],
    ['github/repository', { limit: '101' }, 400, '/limit'],
    ['github/repository', { limit: '0' }, 400, '/limit'],
    ['github/repository', { query: '' }, 400, '/query'],
  ])('for %s with %j is answered %i: %s', async (what, query, status, words) => {
    const answer = await browse(bob.caller, what, query);
    expect(answer.status).toBe(status);
    expect(JSON.stringify(answer.body)).toContain(words);
  });

  it('needs its scope, and does not clash with saved resources', async () => {
    const { token } = await makeCaller(seer.app, { scopes: ['resources:write', 'connections:read'] });
    expect((await browse(seer.stranger.as(token), 'google/spreadsheet')).status).toBe(403);
    expect((await browse(seer.stranger, 'google/spreadsheet')).status).toBe(401);
    const list = await ada.caller.get('/v1/integrations/resources');
    expect(list.status).toBe(200);
    expect((await ada.caller.get('/v1/integrations/resources/resources')).body.code).toBe('resource-not-found');
  });
});

describe('the account that is browsed', () => {
  it('is one of the caller: a foreign one is unknown', async () => {
    const tell = async (connection_id: string) => {
      const { status, body } = await browse(bob.caller, 'google/spreadsheet', { connection_id });
      return [status, body.code, body.detail.replace(connection_id, 'it')];
    };
    expect(await tell(ada.connectionId)).toEqual(await tell('conn_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b'));
    expect((await tell(ada.connectionId)).slice(0, 2)).toEqual([409, 'connection-not-found']);
    expect((await browse(bob.caller, 'google/spreadsheet')).body.code).toBe('connection-missing');
    const { body } = await browse(bob.caller, 'google/spreadsheet', { connection_id: bob.connectionId });
    expect(body.code).toBe('connection-unfit');
    expect(google.api.requests).toEqual([]);
  });

  it('must be allowed to, and named when there are two', async () => {
    const owner = await makeOwner(seer, 'google', ['email', googleScopes.read]);
    expect((await browse(owner.caller, 'google/spreadsheet')).body).toMatchObject({
      code: 'connection-scopes-missing',
      detail: expect.stringContaining(encodeURIComponent(googleScopes.drive)),
    });
    google.auth.account = 'second';
    const second = await connect(seer, owner.token, 'google', allGoogleScopes);
    google.auth.account = 'ada';
    expect((await browse(owner.caller, 'google/spreadsheet')).body).toMatchObject({
      status: 409,
      code: 'connection-ambiguous',
      detail: expect.stringContaining(second),
    });
    expect((await browse(owner.caller, 'google/spreadsheet', { connection_id: second })).status).toBe(200);
  });

  it('may be named by the resource that stands on it', async () => {
    const resource_id = await makeResource(ada.caller, 'google_account', {}, {}, { connection_id: ada.connectionId });
    expect((await browse(ada.caller, 'google/spreadsheet', { resource_id })).status).toBe(200);
    expect((await browse(bob.caller, 'google/spreadsheet', { resource_id })).body.code).toBe('resource-not-found');
  });

  it('must be connected again when it is refused twice', async () => {
    const owner = await makeOwner(seer, 'google', allGoogleScopes);
    google.api.refusesAll = true;
    const { status, body } = await browse(owner.caller, 'google/spreadsheet');
    expect([status, body.code]).toEqual([409, 'connection-needs-reauth']);
    expect(google.api.tokens).toHaveLength(2);
  });
});

describe('a provider that gives no list', () => {
  it.each([
    [429, 'rateLimitExceeded', 503, 'browsing-unavailable'],
    [403, 'userRateLimitExceeded', 503, 'browsing-unavailable'],
    [503, 'backendError', 503, 'browsing-unavailable'],
    [403, 'forbidden', 409, 'browsing-refused'],
    [404, 'notFound', 409, 'browsing-refused'],
  ])('with %i (%s) is %i %s, with its own words', async (answered, reason, status, code) => {
    google.api.mishaps.push(googleError(answered, reason, 'It says why', { 'retry-after': '7' }));
    const answer = await browse(ada.caller, 'google/spreadsheet');
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect(answer.body.detail).toContain(`answered ${answered} to GET: It says why`);
    expect(answer.headers.get('retry-after')).toBe('7');
  });

  it.each<[string, unknown]>([
    ['HTML', '<html>Sorry</html>'],
    ['files without names', { files: [{ id: 'f' }] }],
    ['files that are no list', { files: 'all' }],
    ['half of it', '{"files":[{"id'],
    ['nothing', undefined],
  ])('but %s is never a fault of ours', async (_what, body) => {
    google.api.mishaps.push({ body });
    const answer = await browse(ada.caller, 'google/spreadsheet');
    expect([answer.status, answer.body.code]).toEqual([503, 'browsing-unavailable']);
    github.api.mishaps.push({ body });
    expect((await browse(bob.caller, 'github/repository')).status).toBe(503);
    slack.api.mishaps.push({ body });
    expect([409, 503]).toContain((await browse(carol.caller, 'slack/channel')).status);
  });

  it('tells the words of GitHub and of Slack', async () => {
    github.api.mishaps.push(githubError(403, 'You have exceeded a secondary rate limit.'));
    const limited = await browse(bob.caller, 'github/repository');
    expect(limited.status).toBe(503);
    expect(limited.headers.get('retry-after')).toBe('60');
    slack.api.mishaps.push(slackError('invalid_cursor'));
    expect((await browse(carol.caller, 'slack/channel', { cursor: 'x' })).body).toMatchObject({
      status: 409,
      detail: expect.stringContaining('invalid_cursor'),
    });
  });
});
