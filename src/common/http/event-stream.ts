import { Readable } from 'node:stream';
import { StreamableFile } from '@nestjs/common';
import { type Response } from 'express';

/** A server-sent event (WHATWG HTML, section 9.2). */
export interface ServerEvent {
  event: string;
  /** What a client that comes back sends as `Last-Event-ID`; without one, it stays what it was. */
  id?: number;
  /** Sent as JSON, which is one line. */
  data: object;
}

/** Comment that keeps proxies from taking a quiet connection for a dead one. */
export const HEARTBEAT = ': \n\n';

/** First line of a stream: after how many milliseconds a client whose connection broke shall come back. */
export const RECONNECT_SOON = 'retry: 1000\n';

export function eventText({ event, id, data }: ServerEvent): string {
  return `event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`;
}

/**
 * Texts one after the other, made only as fast as they are read. Whoever makes them hears by the signal when nobody reads any
 * more: also while waiting, so that nothing stays behind.
 */
export class TextStream extends Readable {
  private readonly texts: AsyncIterator<string>;
  private readonly gone = new AbortController();

  constructor(make: (gone: AbortSignal) => AsyncIterator<string>) {
    super();
    this.texts = make(this.gone.signal);
  }

  override _read(): void {
    this.texts.next().then(
      ({ done, value }) => this.gone.signal.aborted || this.push(done ? null : value),
      (error: unknown) => this.gone.signal.aborted || this.destroy(error as Error),
    );
  }

  /** Ends here: what is made from now on is given to nobody, and whoever makes it hears so. */
  finish(): void {
    if (this.gone.signal.aborted) return;
    this.gone.abort();
    this.push(null);
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.gone.abort();
    callback(error);
  }
}

/** Headers of a stream of events: kept by nobody on the way (`X-Accel-Buffering` is nginx's). */
export function answerEvents(response: Response, events: Readable): StreamableFile {
  response.setHeader('Cache-Control', 'no-cache, no-store, no-transform');
  response.setHeader('X-Accel-Buffering', 'no');
  const file = new StreamableFile(events, { type: 'text/event-stream' });
  // The client sees a connection that broke, and comes back; a 400 of Nest's would be wrong.
  return file.setErrorHandler(() => response.destroy());
}
