import { type Readable } from 'node:stream';
import { Injectable, Logger } from '@nestjs/common';
import { asDatabaseUnavailable } from '../../common/database/database.errors.js';
import { eventText, HEARTBEAT, RECONNECT_SOON, TextStream } from '../../common/http/event-stream.js';
import { parsePublicId } from '../../common/public-id.js';
import { type Principal } from '../../users/index.js';
import { RunDeltas, type TextDelta } from '../runs/engine/run-deltas.js';
import { RunNews } from '../runs/engine/run-news.js';
import { type RunLook, RunReader } from '../runs/run-reader.js';
import { isFinal } from '../runs/run-status.js';
import { StepResponse } from '../runs/run.dto.js';
import { RunNotFoundError } from '../runs/run.errors.js';

/** How long a watched run is not looked at unless something of it is announced in this process, in milliseconds. */
const LOOK_AGAIN_MS = 500;
/** Steps of one look. */
const MOST_STEPS = 100;
/** After how long without an event a stream shows that it lives, in milliseconds. */
const HEARTBEAT_MS = 15_000;
/** Characters of models' words that a slow reader is behind at most. */
const MOST_UNTOLD = 256 * 1024;
/** How long a process that stops lets streams end whose readers are slow, in milliseconds. */
const LAST_WORDS_MS = 1_000;

/**
 * Runs as they go, as streams of events. The table is looked at again and again, so it makes no difference which process executes
 * the run: the steps of a run become durable in the order of their numbers, without a gap, so that what is above the last
 * number that was sent is all that is new.
 */
@Injectable()
export class RunEvents {
  private readonly log = new Logger(RunEvents.name);
  private readonly open = new Set<Readable>();

  constructor(
    private readonly reader: RunReader,
    private readonly news: RunNews,
    private readonly deltas: RunDeltas,
  ) {
    news.onClose(() => this.endSoon());
  }

  /**
   * The events of a run from now on, and its steps after this number. The run does not care whether anybody looks.
   * @throws RunNotFoundError
   */
  async watch(caller: Principal, publicId: string, after = 0): Promise<Readable> {
    const runId = parsePublicId('run', publicId);
    const look = (seq: number) => this.reader.look(caller, runId ?? '', seq, MOST_STEPS);
    const first = runId && (await look(after));
    if (!first) throw new RunNotFoundError(publicId);
    const telling = new Telling(after);
    const spoken = new SpokenText();
    const deaf = this.deltas.listen(runId, (delta) => {
      spoken.add(delta);
      this.news.announceText(runId);
    });
    const stream = new TextStream((gone) => this.follow(runId, { telling, spoken, first, lookAt: look }, gone));
    this.open.add(stream);
    const close = (): void => {
      deaf();
      this.open.delete(stream);
    };
    stream.once('close', close).once('error', (error) => this.report(error, runId));
    return stream;
  }

  private async *follow(
    runId: string,
    { telling, spoken, first, lookAt }: Watching,
    gone: AbortSignal,
  ): AsyncGenerator<string> {
    yield RECONNECT_SOON + telling.state(first);
    let look: RunLook | 'unavailable' | undefined = first;
    let spoke = performance.now();
    // Without a run there is nothing more to tell: it was deleted.
    while (look) {
      let announced = this.news.next(runId, LOOK_AGAIN_MS, gone);
      for (const text of [...spoken.take(), ...(look === 'unavailable' ? [] : telling.of(look))]) {
        yield text;
        spoke = performance.now();
      }
      if (telling.isOver || this.news.closed || gone.aborted) return;
      if (performance.now() - spoke > HEARTBEAT_MS) {
        yield HEARTBEAT;
        spoke = performance.now();
      }
      if (!telling.isBehind || look === 'unavailable') {
        // Words of a model are no reason to look at the table before its time.
        const due = performance.now() + LOOK_AGAIN_MS;
        while ((await announced) === 'text' && performance.now() < due) {
          announced = this.news.next(runId, LOOK_AGAIN_MS, gone);
          for (const text of spoken.take()) yield text;
          spoke = performance.now();
        }
      }
      look = await unlessAway(lookAt(telling.last));
    }
  }

  /** Streams end by themselves when the process stops; but not those whose reader takes nothing any more. */
  private endSoon(): void {
    setTimeout(() => {
      for (const stream of this.open) stream.destroy(new Error('the process stops'));
    }, LAST_WORDS_MS).unref();
  }

  private report(error: Error, runId: string): void {
    if (!this.news.closed) this.log.error({ err: error, run_id: runId }, 'The events of a run could not be told');
  }
}

/** While the database is away nothing is known: it will be looked at again. */
async function unlessAway<Result>(looking: Promise<Result>): Promise<Result | 'unavailable'> {
  try {
    return await looking;
  } catch (error) {
    if (asDatabaseUnavailable(error)) return 'unavailable';
    throw error;
  }
}

/** What a stream is made from. */
interface Watching {
  readonly telling: Telling;
  readonly spoken: SpokenText;
  readonly first: RunLook;
  lookAt(seq: number): Promise<RunLook | undefined>;
}

/** What models have said since the listener was told; of a slow one's, the rest is left out when it is too much. */
class SpokenText {
  private pieces: TextDelta[] = [];
  private size = 0;

  add(piece: TextDelta): void {
    if (this.size + piece.text.length > MOST_UNTOLD) return;
    this.size += piece.text.length;
    this.pieces.push(piece);
  }

  take(): string[] {
    const texts = this.pieces.map((data) => eventText({ event: 'delta', data }));
    this.pieces = [];
    this.size = 0;
    return texts;
  }
}

/** What one listener has been told. */
class Telling {
  /** The run is over and all of it was told. */
  isOver = false;
  /** There may be more steps at once. */
  isBehind = false;
  private told = '';

  /** @param last number of the last step that was told */
  constructor(public last: number) {}

  /** What the run is like. */
  state({ run }: RunLook): string {
    return (this.told = eventText({ event: 'run', data: run }));
  }

  /** What is new: steps, then what the run is like now if that has changed; in any case when it is over. */
  *of(look: RunLook): Generator<string> {
    for (const step of look.steps) {
      this.last = step.seq;
      yield eventText({ event: 'step', id: step.seq, data: StepResponse.from(step) });
    }
    this.isBehind = look.steps.length === MOST_STEPS;
    if (this.isBehind) return;
    const before = this.told;
    this.isOver = isFinal(look.run.status);
    if (this.state(look) !== before || this.isOver) yield this.told;
  }
}
