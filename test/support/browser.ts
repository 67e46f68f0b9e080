import { PUBLIC_URL } from './oauth-server.js';

/** A page, or what came instead. */
export interface Shown {
  readonly status: number;
  /** Where the browser is, as it shows it. */
  readonly url: string;
  readonly text: string;
}

/** As much of a browser as it takes to connect an account: it keeps cookies by host, and follows redirects and links. */
export class Browser {
  private readonly cookies = new Map<string, Map<string, string>>();
  /** All addresses that it was sent to, in order. */
  readonly visited: string[] = [];

  /** @param seer where Seer listens, which the browser knows as {@link PUBLIC_URL} */
  constructor(private readonly seer: string) {}

  /** Opens an address and follows redirects to their end; those to `until` are not followed. */
  async open(
    address: string,
    { until, headers = {} }: { until?: string; headers?: Record<string, string> } = {},
  ): Promise<Shown> {
    let url = new URL(address);
    for (let hops = 0; hops < 20; hops++) {
      this.visited.push(url.href);
      const response = await fetch(this.real(url), {
        redirect: 'manual',
        headers: { accept: 'text/html', ...this.cookieHeader(url), ...headers },
      });
      this.keep(url, response);
      const text = await response.text();
      const location = response.headers.get('location');
      if (!location) return { status: response.status, url: url.href, text };
      url = new URL(location, url);
      if (until && url.href.startsWith(until)) return { status: response.status, url: url.href, text: '' };
    }
    throw new Error(`too many redirects from ${address}`);
  }

  /** Follows the only link of a page. */
  follow({ text, url }: Shown): Promise<Shown> {
    const href = /<a href="([^"]+)"/.exec(text)![1]!.replaceAll('&amp;', '&');
    return this.open(new URL(href, url).href);
  }

  /** Calls Seer's API as the script of a front end would: cookies go along. */
  async api(path: string, headers: Record<string, string>): Promise<{ status: number; body: any }> {
    const url = new URL(path, PUBLIC_URL);
    const response = await fetch(this.real(url), { headers: { ...this.cookieHeader(url), ...headers } });
    this.keep(url, response);
    return { status: response.status, body: await response.json() };
  }

  private real(url: URL): string {
    return url.origin === PUBLIC_URL ? this.seer + url.href.slice(PUBLIC_URL.length) : url.href;
  }

  private cookieHeader({ host }: URL): { cookie?: string } {
    const known = [...(this.cookies.get(host) ?? [])];
    return known.length > 0 ? { cookie: known.map(([name, value]) => `${name}=${value}`).join('; ') } : {};
  }

  private keep({ host }: URL, response: Response): void {
    const known = this.cookies.get(host) ?? new Map<string, string>();
    for (const cookie of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie)!;
      const isOver = /expires=Thu, 01 Jan 1970/i.test(cookie);
      if (isOver) known.delete(name!);
      else known.set(name!, value!);
    }
    this.cookies.set(host, known);
  }
}
