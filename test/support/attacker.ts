import { type TestApp } from './app.js';
import { Browser } from './browser.js';
import { connect } from './database.js';
import { PUBLIC_URL } from './oauth-server.js';

/** Of an https installation. */
export const COOKIE = '__Host-seer-browser';

/** An authorization that has begun, as somebody holds it who is no browser. */
export interface Begun {
  readonly url: URL;
  readonly state: string;
  /** `name=value` */
  readonly cookie: string;
  readonly connectUrl: string;
}

/** What came of a request to an address of Seer that browsers open. */
export interface Outcome {
  readonly status: number;
  /** Of a problem. */
  readonly code: string | undefined;
  readonly location: URL | undefined;
  readonly headers: Headers;
  readonly text: string;
}

/** Whoever looks at addresses and cookies, and puts together what does not belong together. */
export class Attacker {
  constructor(private readonly seer: Pick<TestApp, 'url'>) {}

  /** Begins an authorization for the owner of an API key. */
  async begin(token: string, query: Record<string, string> = {}, provider = 'acme', cookie = ''): Promise<Begun> {
    const path = `/v1/integrations/${provider}/authorize?${new URLSearchParams(query)}`;
    const response = await fetch(this.seer.url + path, { headers: { authorization: `Bearer ${token}`, cookie } });
    const body: any = await response.json();
    if (response.status !== 200) throw new Error(JSON.stringify(body));
    const url = new URL(body.authorization_url);
    const [marked] = response.headers.getSetCookie();
    return {
      url,
      state: url.searchParams.get('state')!,
      cookie: marked!.split(';')[0]!,
      connectUrl: body.connect_url,
    };
  }

  /** Goes to the provider and consents. @returns the address that the provider sends the browser back to */
  async consent({ url }: { url: URL | string }): Promise<URL> {
    const shown = await new Browser(this.seer.url).open(String(url), { until: PUBLIC_URL });
    return new URL(shown.url);
  }

  /** Opens an address of Seer with just this cookie. */
  async open(address: URL | string, cookie = '', accept = 'application/json'): Promise<Outcome> {
    const url = new URL(address, PUBLIC_URL);
    const headers = { accept, ...(cookie && { cookie }) };
    const response = await fetch(this.seer.url + url.pathname + url.search, { redirect: 'manual', headers });
    const text = await response.text();
    const isProblem = response.headers.get('content-type')?.startsWith('application/problem+json');
    const location = response.headers.get('location');
    return {
      status: response.status,
      code: isProblem ? (JSON.parse(text) as { code: string }).code : undefined,
      location: location ? new URL(location, url) : undefined,
      headers: response.headers,
      text,
    };
  }
}

/** The address with these parameters set, or removed where they are null. */
export function changed(address: URL | string, parameters: Record<string, string | null>): URL {
  const url = new URL(address);
  for (const [name, value] of Object.entries(parameters)) {
    if (value === null) url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  }
  return url;
}

/** A look behind the API, and a hand there. */
export async function openDatabase(url: string) {
  const client = await connect(url);
  const rowsOf = async (sql: string, values: unknown[] = []) => (await client.query(sql, values)).rows;
  return {
    rowsOf,
    /** How many connections and how many authorizations there are. */
    async counts(): Promise<{ connections: number; authorizations: number }> {
      const [row] = await rowsOf(
        `select (select count(*)::int from oauth_connection) as connections,
                (select count(*)::int from oauth_authorization) as authorizations`,
      );
      return row as { connections: number; authorizations: number };
    },
    close: () => client.end(),
  };
}

export type Database = Awaited<ReturnType<typeof openDatabase>>;

/** The variables of two providers, as those of one installation. */
export function together(...environments: Record<string, string>[]): Record<string, string> {
  const providers = environments.flatMap((each) => JSON.parse(each.SEER_OAUTH_PROVIDERS!) as object[]);
  return { ...Object.assign({}, ...environments), SEER_OAUTH_PROVIDERS: JSON.stringify(providers) };
}
