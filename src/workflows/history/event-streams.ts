import { Injectable } from '@nestjs/common';
import { DomainError } from '../../common/errors.js';
import { type TextStream } from '../../common/http/event-stream.js';
import { limits } from '../../common/http/limits.js';
import { AccessWatch, type Principal } from '../../users/index.js';
import { RunNews } from '../runs/engine/run-news.js';

/** How long a stream that ends before its time waits for a reader who is slow, in milliseconds. */
const LAST_WORDS_MS = 1_000;

/** As many streams of events of a user are open in this process as may be. */
export class EventStreamLimitError extends DomainError {
  readonly code = 'event-stream-limit';
  readonly kind = 'too-many';
  override readonly extensions = { limit: limits.eventStreams };

  constructor() {
    super(
      `You have ${limits.eventStreams} event streams open in this process, the most a user can have: end one of them first, ` +
        'or ask for the run now and then.',
    );
  }
}

/** A stream was cut off, because its reader took nothing when it was to end. */
export class StreamCutError extends Error {
  override readonly name = 'StreamCutError';
}

/**
 * The streams of events that are open in this process: a user has so many at most, as each looks at the database again and
 * again; and one ends with the access of whom it is for. There is no limit of time: a run may wait for weeks, and the
 * connection of a client that is gone breaks at a heartbeat.
 */
@Injectable()
export class EventStreams {
  /** By internal id of the user, those that are being opened included. */
  private readonly counts = new Map<string, number>();
  private readonly streams = new Set<TextStream>();

  constructor(
    private readonly access: AccessWatch,
    news: RunNews,
  ) {
    // Those that are read end by themselves then, with what they still have to tell.
    news.onClose(() => {
      for (const stream of this.streams) cutLater(stream);
    });
  }

  /**
   * Opens a stream for a caller, if they may have one more.
   * @throws EventStreamLimitError, and what `make` throws
   */
  async open(caller: Principal, make: () => Promise<TextStream>): Promise<TextStream> {
    this.enter(caller.userId);
    let stream: TextStream | undefined;
    let isRefused = false;
    const end = (): void => {
      isRefused = true;
      if (!stream) return;
      stream.finish();
      cutLater(stream);
    };
    const stop = this.access.serve(caller, end);
    const leave = (): void => {
      stop();
      this.leave(caller.userId);
    };
    try {
      stream = await make();
    } catch (error) {
      leave();
      throw error;
    }
    this.streams.add(stream);
    stream.once('close', () => {
      this.streams.delete(stream!);
      leave();
    });
    if (isRefused) end();
    return stream;
  }

  private enter(userId: string): void {
    const count = this.counts.get(userId) ?? 0;
    if (count >= limits.eventStreams) throw new EventStreamLimitError();
    this.counts.set(userId, count + 1);
  }

  private leave(userId: string): void {
    const left = this.counts.get(userId)! - 1;
    if (left > 0) this.counts.set(userId, left);
    else this.counts.delete(userId);
  }
}

/** Breaks a stream off if it has not ended a moment later: its reader takes nothing. */
function cutLater(stream: TextStream): void {
  const timer = setTimeout(() => stream.destroy(new StreamCutError('Nobody reads it')), LAST_WORDS_MS).unref();
  stream.once('close', () => clearTimeout(timer));
}
