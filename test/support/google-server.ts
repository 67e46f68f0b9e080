import { type AddressObject, type ParsedMail, simpleParser } from 'mailparser';
import { type OAuthProvider } from '../../src/oauth/index.js';
import { registration } from './accounts.js';
import { type ApiCall, ApiServer, type Reply } from './api-server.js';
import { GoogleMailbox } from './google-mailbox.js';
import { OAuthServer } from './oauth-server.js';

const auth = 'https://www.googleapis.com/auth/';

export const googleScopes = {
  send: `${auth}gmail.send`,
  read: `${auth}gmail.readonly`,
  sheets: `${auth}spreadsheets`,
  sheetsRead: `${auth}spreadsheets.readonly`,
  drive: `${auth}drive.metadata.readonly`,
};

/** All that tools need. */
export const allGoogleScopes = ['email', ...Object.values(googleScopes)];

/** Which scope opens what, as the reference of each method says; a wider one is as good. */
const needed: readonly [RegExp, ...string[]][] = [
  [/^POST \/gmail\/v1\/users\/me\/messages\/send$/, googleScopes.send],
  [/^GET \/gmail\/v1\//, googleScopes.read],
  [/^GET \/sheets\/v4\//, googleScopes.sheetsRead, googleScopes.sheets],
  [/^POST \/sheets\/v4\//, googleScopes.sheets],
  [/^GET \/drive\/v3\/files$/, googleScopes.drive],
  [/^GET \/openid\/userinfo$/, 'openid'],
];

interface File {
  id: string;
  name: string;
  mimeType: string;
  modifiedTime: string;
  size?: string;
}

/** An error as Google writes it. */
export function googleError(status: number, reason: string, message: string, headers?: Record<string, string>): Reply {
  const errors = [{ domain: 'global', reason, message }];
  return { status, body: { error: { code: status, message, errors } }, ...(headers && { headers }) };
}

const sheetId = '1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms';

/** Google on this machine: a real authorization server, and as much of Gmail, Sheets and Drive as tools use. */
export class GoogleServer {
  /** Mails that were sent, as they were written and as a reader takes them. */
  readonly sent: { raw: string; threadId?: string; mail: Promise<ParsedMail> }[] = [];
  /** The mails of an account with their history; `messages` are mails without one. */
  readonly mailbox = new GoogleMailbox(googleError);
  readonly messages: { id: string; threadId: string; subject: string; full?: object }[] = [];
  /** Rows by the name of their sheet. */
  readonly sheets = new Map<string, unknown[][]>();
  readonly files: File[] = [];
  readonly sheetId = sheetId;

  private constructor(
    readonly auth: OAuthServer,
    readonly api: ApiServer,
  ) {}

  static async start(): Promise<GoogleServer> {
    const scopes = Object.values(googleScopes);
    const server = await OAuthServer.start({ key: 'google', scopes });
    const google: { made?: GoogleServer } = {};
    const api = await ApiServer.start(server, {
      answer: (call) => google.made!.answer(call),
      unauthorized: () => googleError(401, 'authError', 'Invalid Credentials'),
    });
    return (google.made = new GoogleServer(server, api));
  }

  /** What makes the provider `google` of Seer this one. */
  get local(): Partial<OAuthProvider> {
    const { issuer } = this.auth;
    const { url } = this.api;
    return {
      endpoints: { authorizeUrl: `${issuer}/auth`, tokenUrl: `${issuer}/token`, issuer },
      apis: {
        gmail: `${url}/gmail/v1`,
        sheets: `${url}/sheets/v4`,
        drive: `${url}/drive/v3`,
        openid: `${url}/openid`,
      },
      account: async ({ call }) => {
        const user = await call(`${issuer}/me`);
        return { id: String(user.sub), label: String(user.email) };
      },
    };
  }

  /** Variables that register Seer here. */
  get registration(): Record<string, string> {
    return registration('google', this.auth.clientId, this.auth.clientSecret);
  }

  /** Nothing is there, nothing has happened. */
  reset(): void {
    this.api.reset();
    for (const list of [this.sent, this.messages, this.files]) list.length = 0;
    this.sheets.clear();
    this.mailbox.reset();
  }

  async close(): Promise<void> {
    await this.api.close();
    await this.auth.close();
  }

  private answer(call: ApiCall): Reply {
    const what = `${call.method} ${call.path}`;
    const scopes = needed.find(([pattern]) => pattern.test(what))?.slice(1);
    if (!scopes) return googleError(404, 'notFound', 'Not Found');
    if (!scopes.some((scope) => call.scopes.includes(String(scope)))) {
      return googleError(403, 'insufficientPermissions', 'Request had insufficient authentication scopes.');
    }
    if (call.path === '/openid/userinfo')
      return { body: { sub: call.account, email: `${call.account}@gmail.example` } };
    if (call.path.endsWith('/messages/send')) return this.send(call);
    if (call.path.startsWith('/gmail/')) return this.mail(call);
    if (call.path.startsWith('/sheets/')) return this.spreadsheet(call);
    return this.list(call);
  }

  private send({ body }: ApiCall): Reply {
    if (typeof body?.raw !== 'string' || !/^[\w-]+$/.test(body.raw)) {
      return googleError(400, 'invalidArgument', 'Invalid value for ByteString');
    }
    const raw = Buffer.from(body.raw, 'base64url').toString('utf8');
    if (!/^(To|Cc|Bcc):/im.test(raw)) return googleError(400, 'invalidArgument', 'Recipient address required');
    this.sent.push({ raw, threadId: body.threadId, mail: simpleParser(raw) });
    const id = `sent-${this.sent.length}`;
    return { body: { id, threadId: body.threadId ?? id, labelIds: ['SENT'] } };
  }

  private mail(call: ApiCall): Reply {
    const { path, query } = call;
    if (this.messages.length === 0) return this.mailbox.answer(call);
    const id = /\/messages\/([^/]+)$/.exec(path)?.[1];
    if (id !== undefined) {
      const found = this.messages.find((message) => message.id === id);
      return found ? { body: found.full } : googleError(404, 'notFound', 'Requested entity was not found.');
    }
    const found = this.messages.filter(({ subject }) => subject.includes(query.get('q') ?? ''));
    const { items, next } = page(found, query.get('pageToken'), Number(query.get('maxResults') ?? 100), 500);
    const messages = items.map(({ id, threadId }) => ({ id, threadId }));
    // An empty list is left out.
    return { body: { ...(messages.length > 0 && { messages }), ...next, resultSizeEstimate: found.length } };
  }

  private spreadsheet({ method, path, query, body }: ApiCall): Reply {
    if (method === 'GET' && path === `/sheets/v4/spreadsheets/${sheetId}`) return this.grids();
    const [, id, range = '', verb] = /\/spreadsheets\/([^/]+)\/values\/(.*?)(:append)?$/.exec(path) ?? [];
    if (id !== sheetId) return googleError(404, 'notFound', 'Requested entity was not found.');
    const [, quoted = range, from, to] = /^'?(.*?)'?(?:!(?:(\d+):(\d+)|.*))?$/.exec(range) ?? [];
    const name = quoted.replaceAll("''", "'");
    const rows = this.sheets.get(name);
    if (!rows) return googleError(400, 'badRequest', `Unable to parse range: ${range}`);
    if (method === 'GET') {
      if (Number(from) > gridOf(rows)) return googleError(400, 'badRequest', `Range (${range}) exceeds grid limits.`);
      const asked = trimmed(from === undefined ? rows : rows.slice(Number(from) - 1, Number(to)));
      const values = query.get('valueRenderOption') === 'FORMATTED_VALUE' ? asked.map((row) => row.map(String)) : asked;
      return { body: { range, majorDimension: 'ROWS', ...(values.length > 0 && { values }) } };
    }
    if (verb === undefined || !query.has('valueInputOption')) {
      return googleError(400, 'badRequest', "'valueInputOption' is required but not specified");
    }
    const begin = rows.length + 1;
    rows.push(...body.values);
    const cells = body.values.flat().length;
    const updates = {
      spreadsheetId: id,
      updatedRange: `${name}!A${begin}:C${rows.length}`,
      updatedRows: body.values.length,
      updatedColumns: 3,
      updatedCells: cells,
    };
    return { body: { spreadsheetId: id, tableRange: `${name}!A1:C${begin - 1}`, updates } };
  }

  private grids(): Reply {
    const sheets = [...this.sheets].map(([title, rows]) => ({
      properties: { title, gridProperties: { rowCount: gridOf(rows) } },
    }));
    return { body: { sheets } };
  }

  private list({ query }: ApiCall): Reply {
    const wanted = conditionsOf(query.get('q') ?? '');
    if (!wanted) return googleError(400, 'invalid', 'Invalid Value');
    const found = this.files.filter((file) => wanted.every((fits) => fits(file)));
    const { items, next } = page(found, query.get('pageToken'), Number(query.get('pageSize') ?? 100), 1_000);
    return { body: { files: items, ...next } };
  }
}

/** Rows of the grid: a sheet has some to spare. */
function gridOf(rows: readonly unknown[][]): number {
  return Math.max(100, rows.length);
}

/** Empty rows at the end are left out. */
function trimmed(rows: readonly unknown[][]): unknown[][] {
  return rows.slice(0, rows.findLastIndex((row) => row.some((cell) => cell !== '')) + 1);
}

/** As Drive reads a query, as far as it is written here; undefined: a query that it does not understand. */
function conditionsOf(q: string): ((file: File) => boolean)[] | undefined {
  const literal = String.raw`'((?:[^'\\]|\\.)*)'`;
  const rules: [RegExp, (file: File, text: string) => boolean][] = [
    [/^trashed = false$/, () => true],
    [new RegExp(`^name contains ${literal}$`), ({ name }, text) => name.includes(text)],
    [new RegExp(`^mimeType = ${literal}$`), ({ mimeType }, text) => mimeType === text],
    [new RegExp(`^${literal} in parents$`), ({ id }, text) => id.startsWith(text)],
    [/^\(starred = true\)$/, () => false],
  ];
  const conditions = q.match(/(?:'(?:[^'\\]|\\.)*'|(?! and ).)+/g) ?? [];
  const read = conditions
    .map((text) => text.replace(/^and /, '').trim())
    .map((text) => {
      for (const [pattern, fits] of rules) {
        const match = pattern.exec(text);
        if (match) return (file: File) => fits(file, (match[1] ?? '').replace(/\\(.)/g, '$1'));
      }
      return undefined;
    });
  return read.every((fits) => fits !== undefined) ? read : undefined;
}

function page<Item>(all: readonly Item[], token: string | null, size: number, most: number) {
  const begin = token === null ? 0 : Number(Buffer.from(token, 'base64url').toString());
  const end = begin + Math.min(size, most);
  const next = end < all.length ? { nextPageToken: Buffer.from(String(end)).toString('base64url') } : {};
  return { items: all.slice(begin, end), next };
}

/** Addresses of a header, as a mail reader takes them. */
export function addressesOf(header: AddressObject | AddressObject[] | undefined): string[] {
  return [header ?? []].flat().flatMap(({ value }) => value.map(({ address }) => String(address)));
}
