import { createHash } from 'node:crypto';
import { type IncomingMessage, type ServerResponse } from 'node:http';
import { type Peer, startPeer } from './peer.js';

/** A feed on this machine, that is sent only to those who have not got it (RFC 9110, section 13). */
export class FeedServer {
  /** What it sends. */
  body: string | Buffer = '';
  type = 'application/rss+xml; charset=utf-8';
  /** Statuses of its answers, in order. */
  readonly statuses: number[] = [];
  private peer: Peer;

  static async start(): Promise<FeedServer> {
    const server = new FeedServer();
    server.peer = await startPeer((request, response) => server.answer(request, response));
    return server;
  }

  get url(): string {
    return `${this.peer.url}/feed`;
  }

  close(): Promise<void> {
    return this.peer.close();
  }

  /** The feed is now this one. */
  rss(...items: { id?: string; title: string; link?: string; date?: string }[]): void {
    const texts = items.map(
      ({ id, title, link, date }) =>
        `<item>${id === undefined ? '' : `<guid isPermaLink="false">${id}</guid>`}<title>${title}</title>` +
        `${link === undefined ? '' : `<link>${link}</link>`}${date === undefined ? '' : `<pubDate>${date}</pubDate>`}</item>`,
    );
    this.type = 'application/rss+xml; charset=utf-8';
    this.body = `<?xml version="1.0"?><rss version="2.0"><channel><title>Blog</title>${texts.join('')}</channel></rss>`;
  }

  private answer({ headers }: IncomingMessage, response: ServerResponse): void {
    const etag = `"${createHash('sha256').update(this.body).digest('hex').slice(0, 16)}"`;
    const isKnown = headers['if-none-match'] === etag;
    this.statuses.push(isKnown ? 304 : 200);
    response.writeHead(isKnown ? 304 : 200, { etag, ...(!isKnown && { 'content-type': this.type }) });
    response.end(isKnown ? undefined : this.body);
  }
}
