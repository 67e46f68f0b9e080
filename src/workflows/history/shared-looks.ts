import { Injectable } from '@nestjs/common';
import { type Principal } from '../../users/index.js';
import { RunNews } from '../runs/engine/run-news.js';
import { type RunLook, RunReader } from '../runs/run-reader.js';

/** Steps of one look. */
export const MOST_STEPS = 100;

/** Looks at runs that are watched: who asks for what is being read for another stream gets that. */
@Injectable()
export class SharedLooks {
  private readonly underWay = new Map<string, Promise<RunLook | undefined>>();

  constructor(
    private readonly reader: RunReader,
    private readonly news: RunNews,
  ) {}

  /** The run and its next steps after `seq`, not older than the last news of it. Undefined for no such run of the caller. */
  look(caller: Principal, runId: string, seq: number): Promise<RunLook | undefined> {
    const question = [caller.userId, runId, seq, this.news.heard].join(' ');
    let look = this.underWay.get(question);
    if (!look) {
      look = this.reader.look(caller, runId, seq, MOST_STEPS).finally(() => this.underWay.delete(question));
      this.underWay.set(question, look);
    }
    return look;
  }
}
