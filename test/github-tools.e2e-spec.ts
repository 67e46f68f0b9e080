import { type ApiCall, type Reply } from './support/api-server.js';
import { connect, makeOwner, type Owner, runTool, stepError, withLocal } from './support/accounts.js';
import { startApp, type TestApp } from './support/app.js';
import { endIn } from './support/connections.js';
import { githubError, GitHubServer } from './support/github-server.js';
import { json, type Peer, startPeer } from './support/peer.js';
import { makeResource } from './support/resources.js';
import { untilOver } from './support/runs.js';

let seer: TestApp;
let github: GitHubServer;
let elsewhere: Peer;
let ada: Owner;

const place = { owner: 'octocat', repo: 'hello-world' };
const retry = { max_attempts: 3, initial_interval: '1ms' };

beforeAll(async () => {
  github = await GitHubServer.start();
  elsewhere = await startPeer((_request, response) => json(response, []));
  seer = await startApp(github.registration, undefined, { providers: withLocal('github', github.local) });
  ada = await makeOwner(seer, 'github', ['repo']);
});

afterAll(async () => {
  await seer.close();
  await github.close();
  await elsewhere.close();
});

beforeEach(() => {
  github.reset();
  elsewhere.requests.length = 0;
});

const getRepo = (inputs: object = place, more: object = {}) => runTool(ada.caller, 'github.get_repo', inputs, more);
const list = (inputs: object = {}) => runTool(ada.caller, 'github.list_issues', { ...place, ...inputs });
const create = (inputs: object = {}, more: object = {}) =>
  runTool(ada.caller, 'github.create_issue', { ...place, title: 'It is broken', ...inputs }, more);

describe('github.get_repo', () => {
  it('tells about a repository, as the version of the API that it was written for', async () => {
    expect((await getRepo()).outputs).toMatchObject({
      full_name: 'octocat/hello-world',
      default_branch: 'main',
      stars: 80,
    });
    const { headers } = github.api.calls[0]!;
    expect(headers).toMatchObject({ accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28' });
  });

  it('stays inside of its place in the address', async () => {
    await getRepo({ owner: '../user', repo: 'a/b?c#d' });
    expect(github.api.requests.map(({ path }) => path)).toEqual(['/repos/..%2Fuser/a%2Fb%3Fc%23d']);
    expect(await getRepo({ owner: '..', repo: '..' })).toMatchObject({ error_detail: { code: 'input-invalid' } });
  });
});

describe('github.list_issues', () => {
  const fill = (count: number, more: object = {}) => {
    for (let number = 1; number <= count; number++)
      github.issues.push({ number, title: `Issue ${number}`, state: 'open', labels: ['bug'], ...more });
  };

  it('follows pages until there is enough, and says whether there are more', async () => {
    fill(250);
    const { outputs } = await list({ limit: 210 });
    expect(outputs.issues.map(({ number }: { number: number }) => number)).toEqual(
      Array.from({ length: 210 }, (_item, index) => index + 1),
    );
    expect(outputs.has_more).toBe(true);
    expect(github.api.calls.map(({ query }) => query.get('page'))).toEqual(['1', '2', '3']);
    expect((await list({ limit: 250 })).outputs).toMatchObject({ issues: { length: 250 }, has_more: false });
    expect((await list({ limit: 1_000 })).outputs).toMatchObject({ issues: { length: 250 }, has_more: false });
    expect((await list({ limit: 249 })).outputs.has_more).toBe(true);
  });

  it('leaves pull requests out unless they are wanted, and filters as it is told to', async () => {
    github.issues.push(
      { number: 1, title: 'One', state: 'open', labels: [{ name: 'bug' }, 'old'] },
      { number: 2, title: 'Two', state: 'open', labels: [], pull: true },
      { number: 3, title: 'Three', state: 'closed', labels: ['bug'] },
    );
    const numbers = async (inputs: object) =>
      (await list(inputs)).outputs.issues.map(({ number }: { number: number }) => number);
    expect(await numbers({})).toEqual([1]);
    expect(await numbers({ include_pull_requests: true })).toEqual([1, 2]);
    expect(await numbers({ state: 'all', labels: ['bug'] })).toEqual([1, 3]);
    await list({ assignee: 'none', since: '2026-01-31T00:00:00Z', sort: 'updated', direction: 'asc' });
    expect(Object.fromEntries(github.api.calls.at(-1)!.query)).toMatchObject({
      assignee: 'none',
      since: '2026-01-31T00:00:00Z',
      sort: 'updated',
      direction: 'asc',
    });
  });

  it('sends its token nowhere else, wherever the next page is said to be', async () => {
    const link = `<${elsewhere.url}/repos/octocat/hello-world/issues?page=2>; rel="next"`;
    github.api.mishaps.push({ body: [], headers: { link } });
    fill(150);
    expect((await list()).outputs.issues).toHaveLength(50);
    expect(elsewhere.requests).toEqual([]);
  });

  it('ends although there is always a next page', async () => {
    for (let index = 0; index < 60; index++)
      github.api.mishaps.push({ body: [], headers: { link: '<x>; rel="next"' } });
    expect((await list()).outputs).toEqual({ issues: [], has_more: true });
    expect(github.api.calls).toHaveLength(50);
  });
});

describe('github.create_issue', () => {
  it('opens an issue with all that belongs to it, once', async () => {
    const { outputs } = await create({ body: 'See **here**', labels: ['bug'], assignees: ['octocat'] });
    expect(outputs).toMatchObject({
      number: 1,
      title: 'It is broken',
      body: 'See **here**',
      labels: ['bug'],
      assignees: ['octocat'],
      url: 'https://github.com/octocat/hello-world/issues/1',
      is_pull_request: false,
    });
    expect(github.issues).toHaveLength(1);
  });

  it("fails with GitHub's words for each field", async () => {
    expect(await create({ title: 'invalid' }, { retry })).toMatchObject({
      error: expect.stringContaining('answered 422 to POST: Validation Failed (assignees invalid).'),
      error_detail: { code: 'upstream-refused' },
    });
    expect(github.api.calls).toHaveLength(1);
  });

  it('does not open a second one when the answer about the first can not be read', async () => {
    github.api.mishaps.push({ status: 201, body: '{"number":' });
    expect(await create({}, { retry })).toMatchObject({ error_detail: { code: 'upstream-error' } });
    expect(github.api.calls).toHaveLength(1);
  });
});

describe('github.create_comment', () => {
  it('comments on an issue, and says so when there is none', async () => {
    await create();
    const comment = (issue_number: number) =>
      runTool(ada.caller, 'github.create_comment', { ...place, issue_number, body: 'Fixed.' });
    expect((await comment(1)).outputs).toMatchObject({ id: 1, url: expect.stringContaining('#issuecomment-1') });
    expect(github.comments).toEqual([{ issue: 1, body: 'Fixed.' }]);
    expect(await comment(9)).toMatchObject({
      error: expect.stringMatching(/answered 404 to POST: Not Found\. .* the account may not see/),
      error_detail: { code: 'upstream-refused' },
    });
  });
});

describe('an answer that is no success', () => {
  const past = String(Math.floor(Date.now() / 1_000) - 5);
  const limits: [string, Reply][] = [
    [
      '403 with nothing remaining',
      githubError(403, 'No', {}, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': past }),
    ],
    ['403 with Retry-After', githubError(403, 'No', {}, { 'retry-after': '0' })],
    ['429', githubError(429, 'Slow down', {}, { 'retry-after': '0' })],
    ['500', githubError(500, 'Server Error')],
    ['502 of a gateway', { status: 502, body: '<html>Unicorn!</html>' }],
  ];
  const refusals: [string, Reply][] = [
    ['403', githubError(403, 'Resource not accessible by integration', {}, { 'x-ratelimit-remaining': '4999' })],
    ['404', githubError(404, 'Not Found')],
    ['409', githubError(409, 'Conflict')],
    ['410', githubError(410, 'Issues are disabled for this repo')],
    ['451', githubError(451, 'Repository access blocked')],
  ];

  it('of a secondary rate limit is tried again after the minute that GitHub asks for', async () => {
    github.api.mishaps.push(githubError(403, 'You have exceeded a secondary rate limit.'));
    const run = await getRepo(place, { retry });
    expect(run).toMatchObject({ status: 'WAITING', waiting_for: [{ type: 'retry' }] });
    await ada.caller.post(`/v1/runs/${run.run_id}/resume`, {});
    expect(await untilOver(ada.caller, run.run_id)).toMatchObject({ status: 'COMPLETED' });
  });

  it.each(limits)('of %s is tried again', async (_what, reply) => {
    github.api.mishaps.push(reply, reply, reply);
    const run = await getRepo(place, { retry });
    expect(run).toMatchObject({ status: 'FAILED', error_detail: { code: 'upstream-error', attempt: 3 } });
    github.api.mishaps.push(reply);
    expect((await getRepo(place, { retry })).status).toBe('COMPLETED');
  });

  it('of 403 with a secondary rate limit would be tried again, after the minute that GitHub asks for', async () => {
    github.api.mishaps.push(githubError(403, 'You have exceeded a secondary rate limit.'));
    expect(await getRepo()).toMatchObject({ error_detail: { code: 'upstream-error' } });
  });

  it.each(refusals)('of %s is final', async (_what, reply) => {
    github.api.mishaps.push(reply);
    const run = await getRepo(place, { retry });
    expect(run).toMatchObject({ error_detail: { code: 'upstream-refused' } });
    expect(github.api.calls).toHaveLength(1);
    expect(await stepError(ada.caller, run.run_id)).toMatchObject({ problem: { status: reply.status } });
  });

  it.each<[string, unknown]>([
    ['HTML', '<!doctype html><title>Sorry</title>'],
    ['a list', []],
    ['a number as a text', { id: '1', full_name: 'a/b' }],
    ['nothing', undefined],
    ['half of it', '{"id":1,"full_name":"octo'],
  ])('but %s has a name', async (_what, body) => {
    github.api.mishaps.push({ body });
    expect(await getRepo()).toMatchObject({ status: 'FAILED', error_detail: { code: 'upstream-error' } });
    github.api.mishaps.push({ body: body === undefined || Array.isArray(body) ? {} : body });
    expect(await list()).toMatchObject({ status: 'FAILED', error_detail: { code: 'upstream-error' } });
  });
});

describe('the token of an account of GitHub', () => {
  it('is renewed when it ends, and when GitHub forgets it; the connection ends when the new one is refused too', async () => {
    const owner = await makeOwner(seer, 'github', ['repo']);
    const run = () => runTool(owner.caller, 'github.get_repo', place);
    await endIn(seer, { ref: { connectionId: owner.connectionId.slice('conn_'.length), userId: '' } }, 0);
    const before = github.auth.asked.refresh_token;
    expect((await run()).status).toBe('COMPLETED');
    expect(github.auth.asked.refresh_token - before).toBe(1);
    github.api.forgotten.add(github.api.tokens.at(-1)!);
    expect((await run()).status).toBe('COMPLETED');
    expect(github.auth.asked.refresh_token - before).toBe(2);
    github.api.refusesAll = true;
    expect(await run()).toMatchObject({ status: 'FAILED', error_detail: { code: 'connection-needs-reauth' } });
    expect(github.auth.asked.refresh_token - before).toBe(3);
    const { body } = await owner.caller.get(`/v1/integrations/connections/${owner.connectionId}`);
    expect(body.status).toBe('reauth_required');
  });

  it('needs a scope for what changes something, and the wider one is as good', async () => {
    const owner = await makeOwner(seer, 'github', ['read:org']);
    const inputs = { ...place, title: 'It is broken' };
    expect((await runTool(owner.caller, 'github.get_repo', place)).status).toBe('COMPLETED');
    expect(JSON.stringify(await runTool(owner.caller, 'github.create_issue', inputs))).toContain(
      'connection-scopes-missing',
    );
    await connect(seer, owner.token, 'github', ['repo']);
    expect((await runTool(owner.caller, 'github.create_issue', inputs)).status).toBe('COMPLETED');
    expect(github.api.calls.filter(({ method }: ApiCall) => method === 'POST')).toHaveLength(1);
  });
});

describe('a github_account', () => {
  it('is tested by asking GitHub whose it is', async () => {
    const id = await makeResource(ada.caller, 'github_account', {}, {}, { connection_id: ada.connectionId });
    expect((await ada.caller.post(`/v1/integrations/resources/${id}/test`)).body).toMatchObject({
      ok: true,
      message: 'The GitHub account ada, with the scopes repo.',
    });
    github.api.mishaps.push({ body: '<html>' });
    const { body } = await ada.caller.post(`/v1/integrations/resources/${id}/test`);
    expect(body).toMatchObject({ ok: false, code: 'upstream-error' });
  });
});
