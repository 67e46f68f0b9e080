import { eventText } from '../../common/http/event-stream.js';
import { type TextDelta } from '../runs/engine/run-deltas.js';
import { type RunLook } from '../runs/run-reader.js';
import { isFinal } from '../runs/run-status.js';
import { StepResponse } from '../runs/run.dto.js';
import { MOST_STEPS } from './shared-looks.js';

/** Characters of models' words that a slow reader is behind at most. */
const MOST_UNTOLD = 256 * 1024;

/** What models have said since the listener was told; of a slow one's, the rest is left out when it is too much. */
export class SpokenText {
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
export class Telling {
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
