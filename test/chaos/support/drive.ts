import { setTimeout as delay } from 'node:timers/promises';
import { type Fleet, type Started } from './fleet.js';
import { type Graph } from './graphs.js';
import { type Seer, type SeerAnswer } from './seer.js';

/** What clients have seen. */
export interface Load {
  /** Runs that were acknowledged. */
  readonly runs: Started[];
  /** Requests that failed although a process had taken them: no answer, or a status that is not 2xx. */
  readonly failures: string[];
  /** Requests whose answer was 503 with a Retry-After. */
  unavailable: number;
  requests: number;
  /** Ends the load; resolves when every client has its last answer. */
  stop(): Promise<void>;
}

/**
 * Clients that start one run after the other over connections that they keep. A client goes to the next process only
 * when nobody listens where it asks, as a load balancer would: what was accepted must be answered.
 * @param patient whether a client repeats a request that was answered with 503 or broke off, with the same key
 */
export function drive(fleet: Fleet, graphs: readonly Graph[], clients: number, patient = false): Load {
  let stopping = false;
  const load = { runs: [] as Started[], failures: [] as string[], unavailable: 0, requests: 0 };
  const client = async (index: number): Promise<void> => {
    for (let n = index; !stopping; n++) {
      const graph = graphs[n % graphs.length]!;
      const target = fleet.newTarget();
      const answer = await persist(() => send(index + n, graph, target, n % 3 === 0 ? 'sync' : 'async'));
      if (answer) load.runs.push({ graph, target, runId: answer.body.run_id });
    }
  };
  /** Repeats the request until it is acknowledged, if the client is patient. */
  const persist = async (request: () => Promise<SeerAnswer | string>): Promise<SeerAnswer | undefined> => {
    for (;;) {
      const answer = await request();
      load.requests += 1;
      if (typeof answer !== 'string' && answer.status < 300) return answer;
      const isAway = typeof answer !== 'string' && answer.status === 503 && Number(answer.headers['retry-after']) > 0;
      if (patient && isAway) load.unavailable += 1;
      else load.failures.push(typeof answer === 'string' ? answer : JSON.stringify(answer));
      if (!patient) return undefined;
      await delay(100);
    }
  };
  const send = async (
    first: number,
    graph: Graph,
    target: string,
    mode: 'async' | 'sync',
  ): Promise<SeerAnswer | string> => {
    for (let at = first; ; at++) {
      const seer: Seer = fleet.processes[at % fleet.processes.length]!;
      try {
        return await fleet.ask(seer, graph, target, mode);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ECONNREFUSED') return String(error);
        await delay(20);
      }
    }
  };
  const running = Array.from({ length: clients }, (_, index) => client(index));
  return Object.assign(load, {
    async stop() {
      stopping = true;
      await Promise.all(running);
    },
  });
}
