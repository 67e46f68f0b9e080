import { type Readable } from 'node:stream';
import { Injectable, Logger } from '@nestjs/common';
import { asDatabaseUnavailable } from '../../common/database/database.errors.js';
import { HEARTBEAT, RECONNECT_SOON, TextStream } from '../../common/http/event-stream.js';
import { parsePublicId } from '../../common/public-id.js';
import { type Principal } from '../../users/index.js';
import { RunDeltas } from '../runs/engine/run-deltas.js';
import { RunNews } from '../runs/engine/run-news.js';
import { type RunLook } from '../runs/run-reader.js';
import { RunNotFoundError } from '../runs/run.errors.js';
import { EventStreams, StreamCutError } from './event-streams.js';
import { SpokenText, Telling } from './run-telling.js';
import { SharedLooks } from './shared-looks.js';

/** How long a watched run is not looked at unless something of it is announced in this process, in milliseconds. */
const LOOK_AGAIN_MS = 500;
/** The same of a run that has been quiet: a tenth of that time, but no longer than this. */
const LOOK_AGAIN_LATE_MS = 2_000;
/** After how long without an event a stream shows that it lives, in milliseconds. */
const HEARTBEAT_MS = 15_000;

/**
 * Runs as they go, as streams of events. The table is looked at again and again, so it makes no difference which process executes
 * the run: the steps of a run become durable in the order of their numbers, without a gap, so that what is above the last
 * number that was sent is all that is new.
 */
@Injectable()
export class RunEvents {
  private readonly log = new Logger(RunEvents.name);

  constructor(
    private readonly looks: SharedLooks,
    private readonly news: RunNews,
    private readonly deltas: RunDeltas,
    private readonly streams: EventStreams,
  ) {}

  /**
   * The events of a run from now on, and its steps after this number. The run does not care whether anybody looks.
   * @throws RunNotFoundError, EventStreamLimitError
   */
  watch(caller: Principal, publicId: string, after = 0): Promise<Readable> {
    return this.streams.open(caller, () => this.streamOf(caller, publicId, after));
  }

  /**
   * Starts a run and gives its events; nothing is started for somebody who can't have a further stream.
   * @param start gives the public id of the run
   * @throws EventStreamLimitError, and what `start` throws
   */
  watchNew(caller: Principal, start: () => Promise<string>): Promise<Readable> {
    return this.streams.open(caller, async () => this.streamOf(caller, await start(), 0));
  }

  private async streamOf(caller: Principal, publicId: string, after: number): Promise<TextStream> {
    const runId = parsePublicId('run', publicId);
    const lookAt = (seq: number) => this.looks.look(caller, runId ?? '', seq);
    const first = runId && (await lookAt(after));
    if (!first) throw new RunNotFoundError(publicId);
    const telling = new Telling(after);
    const spoken = new SpokenText();
    const deaf = this.deltas.listen(runId, (delta) => {
      spoken.add(delta);
      this.news.announceText(runId);
    });
    const stream = new TextStream((gone) => this.follow(runId, { telling, spoken, first, lookAt }, gone));
    stream.once('close', deaf).once('error', (error) => this.report(error, runId));
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
    let changed = spoke;
    let announced = this.news.next(runId, LOOK_AGAIN_MS, gone);
    // Without a run there is nothing more to tell: it was deleted.
    while (look) {
      for (const text of [...spoken.take(), ...(look === 'unavailable' ? [] : telling.of(look))]) {
        yield text;
        spoke = changed = performance.now();
      }
      if (telling.isOver || this.news.closed || gone.aborted) return;
      if (performance.now() - spoke > HEARTBEAT_MS) {
        yield HEARTBEAT;
        spoke = performance.now();
      }
      if (!telling.isBehind || look === 'unavailable') {
        // Words of a model are no reason to look at the table before its time.
        const due = performance.now() + LOOK_AGAIN_MS;
        let heard = await announced;
        while (heard === 'text' && performance.now() < due) {
          announced = this.news.next(runId, LOOK_AGAIN_MS, gone);
          for (const text of spoken.take()) yield text;
          spoke = changed = performance.now();
          heard = await announced;
        }
        if (heard === 'news') changed = performance.now();
        if (heard === 'nothing') this.news.announceLook(runId);
      }
      // Waited for before the look, which may be too early for what is announced meanwhile.
      announced = this.news.next(runId, pauseAfter(performance.now() - changed), gone);
      look = await unlessAway(lookAt(telling.last));
    }
  }

  private report(error: Error, runId: string): void {
    if (error instanceof StreamCutError || this.news.closed) return;
    this.log.error({ err: error, run_id: runId }, 'The events of a run could not be told');
  }
}

/** How long to wait for news of a run that has been quiet for this long, in milliseconds. */
function pauseAfter(quiet: number): number {
  return Math.min(Math.max(LOOK_AGAIN_MS, quiet / 10), LOOK_AGAIN_LATE_MS);
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
