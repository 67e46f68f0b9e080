import { type OAuthProvider } from '../../src/oauth/index.js';
import { registration } from './accounts.js';
import { type ApiCall, ApiServer, type Reply } from './api-server.js';
import { TokenServer } from './token-server.js';

interface Issue {
  number: number;
  title: string;
  state: string;
  labels: (string | { name: string })[];
  pull?: boolean;
  body?: string | null;
}

/** An error as GitHub writes it. */
export function githubError(
  status: number,
  message: string,
  more: object = {},
  headers?: Record<string, string>,
): Reply {
  const body = { message, documentation_url: 'https://docs.github.com/rest', status: String(status), ...more };
  return { status, body, ...(headers && { headers }) };
}

const date = '2026-01-31T10:00:00Z';

/** GitHub on this machine: user tokens that end, and as much of the REST API as tools use. */
export class GitHubServer {
  readonly issues: Issue[] = [];
  readonly comments: { issue: number; body: string }[] = [];
  readonly branches: string[] = [];
  readonly repositories: string[] = [];

  private constructor(
    readonly auth: TokenServer,
    readonly api: ApiServer,
  ) {}

  static async start(): Promise<GitHubServer> {
    const refusal = { status: 200, body: { error: 'bad_refresh_token', error_description: 'It is bad.' } };
    const auth = await TokenServer.start(
      ({ accessToken, refreshToken, scopes }) => ({
        access_token: accessToken,
        expires_in: 28_800,
        refresh_token: refreshToken,
        refresh_token_expires_in: 15_897_600,
        scope: scopes.join(','),
        token_type: 'bearer',
      }),
      refusal,
    );
    const github: { made?: GitHubServer } = {};
    const api = await ApiServer.start(auth, {
      answer: (call) => github.made!.answer(call),
      unauthorized: () => githubError(401, 'Bad credentials'),
    });
    return (github.made = new GitHubServer(auth, api));
  }

  get local(): Partial<OAuthProvider> {
    return {
      endpoints: this.auth.endpoints,
      apis: { rest: this.api.url },
      account: async ({ call }) => {
        const user = await call(`${this.api.url}/user`);
        return { id: String(user.id), label: String(user.login) };
      },
    };
  }

  get registration(): Record<string, string> {
    return registration('github', this.auth.clientId, this.auth.clientSecret);
  }

  reset(): void {
    this.api.reset();
    for (const list of [this.issues, this.comments, this.branches, this.repositories]) list.length = 0;
  }

  async close(): Promise<void> {
    await this.api.close();
    await this.auth.close();
  }

  private answer(call: ApiCall): Reply {
    const { method, path, headers } = call;
    // GitHub refuses requests without one.
    if (!headers['user-agent']) return { status: 403, body: 'Please make sure your request has a User-Agent header' };
    if (path === '/user') {
      const scopes = { 'x-oauth-scopes': call.scopes.join(', ') };
      return { body: { login: call.account, id: call.account.length, name: null }, headers: scopes };
    }
    if (path === '/user/repos') return this.page(call, this.repositories.map(repository));
    if (!path.startsWith('/repos/octocat/hello-world')) return githubError(404, 'Not Found');
    const rest = path.slice('/repos/octocat/hello-world'.length);
    if (rest === '') return { body: repository('octocat/hello-world') };
    if (rest === '/branches') {
      return this.page(
        call,
        this.branches.map((name) => ({ name, protected: false })),
      );
    }
    if (rest === '/issues') return method === 'POST' ? this.open(call) : this.list(call);
    const number = Number(/^\/issues\/(\d+)\/comments$/.exec(rest)?.[1]);
    return number > 0 ? this.comment(number, call) : githubError(404, 'Not Found');
  }

  private list(call: ApiCall): Reply {
    const { query } = call;
    const state = query.get('state') ?? 'open';
    const labels = (query.get('labels') ?? '').split(',').filter((name) => name !== '');
    const found = this.issues.filter(
      (issue) => (state === 'all' || issue.state === state) && labels.every((name) => labelNames(issue).includes(name)),
    );
    return this.page(
      call,
      found.map((issue) => issueBody(issue)),
    );
  }

  private open({ body, scopes }: ApiCall): Reply {
    if (!scopes.includes('public_repo') && !scopes.includes('repo')) {
      return githubError(403, 'Resource not accessible by integration');
    }
    if (body.title === 'invalid') {
      const errors = [{ resource: 'Issue', field: 'assignees', code: 'invalid', value: 'nobody' }];
      return githubError(422, 'Validation Failed', { errors });
    }
    const { title, labels = [], assignees = [], body: text = null } = body;
    const issue = { number: this.issues.length + 1, title, state: 'open', labels, body: text };
    this.issues.push(issue);
    return { status: 201, body: issueBody(issue, assignees) };
  }

  private comment(issue: number, { body }: ApiCall): Reply {
    if (!this.issues.some(({ number }) => number === issue)) return githubError(404, 'Not Found');
    this.comments.push({ issue, body: body.body });
    const url = `https://github.com/octocat/hello-world/issues/${issue}#issuecomment-${this.comments.length}`;
    return { status: 201, body: { id: this.comments.length, html_url: url, created_at: date, body: body.body } };
  }

  /** https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api */
  private page({ query, path }: ApiCall, all: readonly object[]): Reply {
    const size = Math.min(100, Number(query.get('per_page') ?? 30));
    const page = Number(query.get('page') ?? 1);
    const isLast = page * size >= all.length;
    const link = `<${this.api.url}${path}?page=${page + 1}&per_page=${size}>; rel="next", <${this.api.url}${path}>; rel="last"`;
    return { body: all.slice((page - 1) * size, page * size), ...(!isLast && { headers: { link } }) };
  }
}

function labelNames({ labels }: Issue): string[] {
  return labels.map((label) => (typeof label === 'string' ? label : label.name));
}

function issueBody({ pull, body = null, ...issue }: Issue, assignees: string[] = []): object {
  const url = `https://github.com/octocat/hello-world/issues/${issue.number}`;
  return {
    ...issue,
    id: 1_000 + issue.number,
    body,
    html_url: url,
    user: issue.number % 2 ? { login: 'octocat' } : null,
    assignees: assignees.map((login) => ({ login })),
    comments: 0,
    created_at: date,
    updated_at: date,
    closed_at: issue.state === 'closed' ? date : null,
    ...(pull && { pull_request: { url } }),
  };
}

function repository(name: string): object {
  return {
    id: 1_296_269,
    full_name: name,
    description: null,
    private: false,
    archived: false,
    default_branch: 'main',
    language: 'TypeScript',
    html_url: `https://github.com/${name}`,
    stargazers_count: 80,
    forks_count: 9,
    open_issues_count: 3,
    pushed_at: date,
  };
}
