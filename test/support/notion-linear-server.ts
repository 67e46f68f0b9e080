import { type OAuthProvider } from '../../src/oauth/index.js';
import { registration } from './accounts.js';
import { type ApiCall, ApiServer, type Reply } from './api-server.js';
import { TokenServer } from './token-server.js';

/** An error as Notion writes it. */
export function notionError(status: number, code: string, message: string, headers?: Record<string, string>): Reply {
  return { status, body: { object: 'error', status, code, message }, ...(headers && { headers }) };
}

/** An error as Linear writes it. */
export function linearError(code: string, message: string, status = 200): Reply {
  return { status, body: { errors: [{ message, extensions: { code, userPresentableMessage: message } }], data: null } };
}

const page = '59833787-2cf9-4fdf-8782-e53db20768a5';
const date = '2026-01-31T10:00:00.000Z';

/** Notion on this machine. */
export class NotionServer {
  readonly pages: any[] = [];
  /** One that is shared with the connection. */
  readonly pageId = page;

  private constructor(
    readonly auth: TokenServer,
    readonly api: ApiServer,
  ) {}

  static async start(): Promise<NotionServer> {
    const auth = await TokenServer.start(({ account, accessToken, refreshToken }) => ({
      access_token: accessToken,
      refresh_token: refreshToken,
      bot_id: `bot-${account}`,
      workspace_id: 'w-1',
      workspace_name: `Space of ${account}`,
      owner: { type: 'user', user: { object: 'user', id: 'u-1', person: { email: `${account}@notion.example` } } },
    }));
    const notion: { made?: NotionServer } = {};
    const api = await ApiServer.start(auth, {
      answer: (call) => notion.made!.answer(call),
      unauthorized: () => notionError(401, 'unauthorized', 'API token is invalid.'),
    });
    return (notion.made = new NotionServer(auth, api));
  }

  get local(): Partial<OAuthProvider> {
    return { endpoints: this.auth.endpoints, apis: { rest: `${this.api.url}/v1` } };
  }

  get registration(): Record<string, string> {
    return registration('notion', this.auth.clientId, this.auth.clientSecret);
  }

  reset(): void {
    this.api.reset();
    this.pages.length = 0;
  }

  async close(): Promise<void> {
    await this.api.close();
    await this.auth.close();
  }

  private answer({ method, path, headers, body }: ApiCall): Reply {
    if (!headers['notion-version']) return notionError(400, 'missing_version', 'Notion-Version header is missing.');
    if (`${method} ${path}` !== 'POST /v1/pages')
      return notionError(400, 'invalid_request_url', 'Invalid request URL.');
    if ((body.parent.page_id ?? body.parent.data_source_id) !== page) {
      return notionError(404, 'object_not_found', 'Could not find page.');
    }
    const contents = JSON.stringify(body).match(/"content":"(?:[^"\\]|\\.)*"/g) ?? [];
    if (contents.some((text) => text.length > 2_020) || body.children.length > 100) {
      return notionError(400, 'validation_error', 'body failed validation: too long.');
    }
    this.pages.push(body);
    const id = `0190b6a0-0000-4000-8000-00000000000${this.pages.length}`;
    return { body: { object: 'page', id, url: `https://www.notion.so/${id}`, created_time: date } };
  }
}

/** Linear on this machine: one endpoint, one mutation, one query. */
export class LinearServer {
  readonly issues: { id: string; identifier: string; title: string; url: string; input: any }[] = [];

  private constructor(
    readonly auth: TokenServer,
    readonly api: ApiServer,
  ) {}

  static async start(): Promise<LinearServer> {
    const auth = await TokenServer.start(({ accessToken, refreshToken, scopes }) => ({
      access_token: accessToken,
      token_type: 'Bearer',
      expires_in: 86_399,
      refresh_token: refreshToken,
      scope: scopes.join(' '),
    }));
    const linear: { made?: LinearServer } = {};
    const api = await ApiServer.start(auth, {
      answer: (call) => linear.made!.answer(call),
      unauthorized: () => linearError('AUTHENTICATION_ERROR', 'Authentication required, not authenticated', 400),
    });
    return (linear.made = new LinearServer(auth, api));
  }

  get local(): Partial<OAuthProvider> {
    return {
      endpoints: this.auth.endpoints,
      apis: { graphql: this.api.url },
      account: async ({ call }) => {
        const body = { query: '{ viewer { id email } }' };
        const { data } = (await call(`${this.api.url}/graphql`, { method: 'POST', body })) as any;
        return { id: data.viewer.id, label: data.viewer.email };
      },
    };
  }

  get registration(): Record<string, string> {
    return registration('linear', this.auth.clientId, this.auth.clientSecret);
  }

  reset(): void {
    this.api.reset();
    this.issues.length = 0;
  }

  async close(): Promise<void> {
    await this.api.close();
    await this.auth.close();
  }

  private answer({ method, path, body, account }: ApiCall): Reply {
    if (`${method} ${path}` !== 'POST /graphql') return { status: 404, body: 'Not Found' };
    if (body.query.includes('viewer')) {
      return { body: { data: { viewer: { id: account, email: `${account}@linear.example` } } } };
    }
    return body.query.startsWith('mutation') ? this.create(body.variables.input) : this.find(body.variables.id);
  }

  private create(input: any): Reply {
    if (this.issues.some(({ id }) => id === input.id)) {
      return linearError('INVALID_INPUT', 'Conflict on insert of Issue: the id is taken');
    }
    if (input.title === 'invalid') return linearError('INVALID_INPUT', 'Argument Validation Error.');
    const identifier = `ENG-${this.issues.length + 1}`;
    const { id, title } = input;
    const issue = { id, identifier, title, url: `https://linear.app/ada/issue/${identifier}` };
    this.issues.push({ ...issue, input });
    return { body: { data: { issueCreate: { success: true, issue } } } };
  }

  private find(wanted: string): Reply {
    const found = this.issues.find(({ id }) => id === wanted);
    if (!found) return linearError('INPUT_ERROR', 'Entity not found: Issue');
    const { input: _input, ...issue } = found;
    return { body: { data: { issue } } };
  }
}
