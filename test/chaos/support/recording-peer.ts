import { setTimeout as delay } from 'node:timers/promises';
import { json, startPeer } from '../../support/peer.js';

/** A call as it arrived. */
export interface Call {
  /** Its `Idempotency-Key`. */
  readonly key: string;
  /** Which run it belongs to, children to that of their parent. */
  readonly target: string;
  /** The first call of the target is 1. */
  readonly number: number;
  /** The first call with this key is 1. */
  readonly repetition: number;
  /** By the clock of this machine, which is that of the database too. */
  readonly at: number;
}

/** Is told of a call before it is answered; the answer waits for the promise. */
export type Interception = (call: Call) => Promise<void> | void;

/** The world of the runs: answers their calls and remembers every one. */
export class RecordingPeer {
  /** How many calls there were. */
  total = 0;
  private readonly calls = new Map<string, Call[]>();
  /** By target. */
  readonly onArrival = new Map<string, Interception>();

  private constructor(
    readonly url: string,
    readonly close: () => Promise<void>,
  ) {}

  /** @param latency how long an answer takes, in milliseconds */
  static async start(latency = 15): Promise<RecordingPeer> {
    const peer = await startPeer((request, response, body) => {
      void (async () => {
        const [, how, target] = request.url!.split('/');
        const call = recording.record(String(request.headers['idempotency-key']), target!);
        await recording.onArrival.get(target!)?.(call);
        await delay(latency);
        if (how === 'refuse') json(response, { no: 'never' }, 400);
        else if (how === 'flaky' && call.repetition <= 2) json(response, { no: 'not yet' }, 503);
        else json(response, JSON.parse(body));
      })();
    });
    const recording = new RecordingPeer(peer.url, peer.close);
    return recording;
  }

  callsOf(target: string): Call[] {
    return this.calls.get(target) ?? [];
  }

  private record(key: string, target: string): Call {
    const known = this.callsOf(target);
    const repetition = known.filter((call) => call.key === key).length + 1;
    const call = { key, target, number: known.length + 1, repetition, at: Date.now() };
    this.calls.set(target, [...known, call]);
    this.total += 1;
    return call;
  }
}
