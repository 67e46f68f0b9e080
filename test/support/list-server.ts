import { EventEmitter, on } from 'node:events';
import { type ServerResponse } from 'node:http';
import { json, type Peer, startPeer } from './peer.js';

/** Lists on this machine, by the path of their address; an answer can be held back. */
export class ListServer {
  readonly lists = new Map<string, unknown[]>();
  /** Answers that are given instead, in order. */
  readonly mishaps: { status: number; headers?: Record<string, string> }[] = [];
  /** Answers are held back from now on. */
  holds = false;
  private readonly held: (() => void)[] = [];
  private readonly changes = new EventEmitter();
  private peer: Peer;

  static async start(): Promise<ListServer> {
    const server = new ListServer();
    server.peer = await startPeer(({ url }, response) => server.answer(url!, response));
    return server;
  }

  get requests(): Peer['requests'] {
    return this.peer.requests;
  }

  close(): Promise<void> {
    return this.peer.close();
  }

  reset(): void {
    this.lists.clear();
    this.mishaps.length = 0;
    this.holds = false;
    this.letGo();
    this.requests.length = 0;
  }

  /** The config of a subscription to the list of this name. */
  config(name: string, more: object = {}) {
    return { request: { url: `${this.peer.url}/${name}` }, items: 'response.body', id: 'item.id', ...more };
  }

  /** Resolves when this many answers are held back. */
  async standing(count: number): Promise<void> {
    const changes = on(this.changes, 'held');
    while (this.held.length < count) await changes.next();
    await changes.return!();
  }

  /** Gives answers that were held back, as they were then: those that have waited longest. */
  letGo(count = this.held.length): void {
    for (const answer of this.held.splice(0, count)) answer();
  }

  /** Gives the one that has waited shortest. */
  letGoLast(): void {
    this.held.pop()?.();
  }

  private answer(path: string, response: ServerResponse): void {
    const mishap = this.mishaps.shift();
    const list = [...(this.lists.get(path.slice(1)) ?? [])];
    const answer = () => {
      if (!mishap) return json(response, list);
      response.writeHead(mishap.status, mishap.headers).end();
    };
    if (!this.holds) return answer();
    this.held.push(answer);
    this.changes.emit('held');
  }
}
