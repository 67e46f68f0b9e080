import { type Client } from './client.js';
import { expectDocumented } from './openapi.js';

/** A server-sent event, its data parsed. */
export interface SentEvent {
  event: string;
  id?: string;
  data: any;
}

/** A stream of events that a test reads as it comes. */
export class EventReader {
  /** All text so far. */
  text = '';
  private readonly chunks: AsyncIterator<Uint8Array>;
  private readonly decoder = new TextDecoder();
  private read = 0;

  private constructor(
    readonly response: Response,
    private readonly stop: AbortController,
    private readonly check: (text: string) => Promise<void>,
  ) {
    this.chunks = response.body![Symbol.asyncIterator]();
  }

  static async open(
    client: Client,
    path: string,
    { method = 'GET', body, headers = {} }: { method?: string; body?: unknown; headers?: Record<string, string> } = {},
  ): Promise<EventReader> {
    const stop = new AbortController();
    const response = await fetch(client.url + path, {
      method,
      signal: stop.signal,
      headers: {
        ...client.authorization,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    return new EventReader(response, stop, (text) =>
      expectDocumented(client.url, method, path, { status: response.status, headers: response.headers, body: text }),
    );
  }

  /** The next event; undefined when the stream has ended. */
  async next(): Promise<SentEvent | undefined> {
    for (;;) {
      const end = this.text.indexOf('\n\n', this.read);
      if (end >= 0) {
        const event = parse(this.text.slice(this.read, end));
        this.read = end + 2;
        if (event) return event;
        continue;
      }
      const { done, value } = await this.chunks.next();
      if (done) {
        await this.check(this.text);
        return undefined;
      }
      this.text += this.decoder.decode(value, { stream: true });
    }
  }

  /** All events until one of which this is true; until the end when nothing is said. */
  async until(isIt: (event: SentEvent) => boolean = () => false): Promise<SentEvent[]> {
    const events: SentEvent[] = [];
    for (let event = await this.next(); event; event = await this.next()) {
      events.push(event);
      if (isIt(event)) break;
    }
    return events;
  }

  /** The client goes away. */
  leave(): void {
    this.stop.abort();
  }
}

/** Undefined for a comment. */
function parse(text: string): SentEvent | undefined {
  const fields = new Map(
    text.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
  );
  const event = fields.get('event');
  if (event === undefined) return undefined;
  return { event, ...(fields.has('id') && { id: fields.get('id') }), data: JSON.parse(fields.get('data')!) };
}
