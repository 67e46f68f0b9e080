import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { migrate } from '../../../src/common/database/migrate.js';
import { ormOptions } from '../../../src/common/database/orm-options.js';
import { entities } from '../../../src/entities.js';
import { connect, createDatabase, createTestDatabase } from '../../support/database.js';
import { type Program } from '../../support/program.js';
import { CHILD, type Graph } from './graphs.js';
import { RecordingPeer } from './recording-peer.js';
import { Seer, type SeerAnswer } from './seer.js';
import { recordTransitions } from './transitions.js';

export const MAIN = 'dist/src/main.js';

/** A process that was killed or frozen, and the runs that it held at that moment. */
export interface Kill {
  readonly at: number;
  readonly runIds: readonly string[];
}

/** A run that a test has started. */
export interface Started {
  readonly graph: Graph;
  readonly target: string;
  readonly runId: string;
}

const uuidOf = (runId: string) => runId.slice('run_'.length);

/** Several processes of Seer on one database, a world that they call, and an observer who looks into the database. */
export class Fleet {
  readonly kills: Kill[] = [];
  readonly processes: Seer[] = [];
  private readonly killed = new Map<Program, Promise<Kill>>();
  private readonly restarted = new Map<Program, Promise<void>>();
  private stopped = false;
  /** Ids of the published workflows, by graph. */
  private readonly workflows = new Map<Graph, string>();
  private targets = 0;

  private constructor(
    readonly databaseUrl: string,
    /** The observer's connection. */
    public database: pg.Client,
    readonly peer: RecordingPeer,
    private readonly script: string,
  ) {}

  static async start(
    size: number,
    { script = MAIN, latency = 15, server }: { script?: string; latency?: number; server?: string } = {},
  ): Promise<Fleet> {
    const databaseUrl = await (server ? createDatabase('seer_chaos', 'template0', server) : createTestDatabase());
    if (server) await migrate(ormOptions({ url: databaseUrl, entities }));
    const database = await observe(databaseUrl);
    await recordTransitions(database);
    const fleet = new Fleet(databaseUrl, database, await RecordingPeer.start(latency), script);
    await fleet.add(size);
    return fleet;
  }

  /** Starts more processes. */
  async add(count: number, variables?: Record<string, string>): Promise<Seer[]> {
    const added = Array.from({ length: count }, () => Seer.create(this.databaseUrl, this.script, variables));
    this.processes.push(...added);
    await Promise.all(added.map((seer) => seer.start()));
    return added;
  }

  /** Publishes the graph's workflow, once. */
  async publish(graph: Graph): Promise<string> {
    const known = this.workflows.get(graph);
    if (known) return known;
    const childId = graph.child && (await this.published(graph.child));
    const id = await this.published(JSON.parse(JSON.stringify(graph.spec).replaceAll(CHILD, childId ?? CHILD)));
    this.workflows.set(graph, id);
    return id;
  }

  private async published(spec: unknown): Promise<string> {
    const [seer] = this.processes as [Seer];
    const { body } = await seer.call('POST', '/v1/workflows', { name: 'Chaos', spec });
    const { status, body: published } = await seer.call('POST', `/v1/workflows/${body.workflow_id}/publish`, {});
    if (status !== 200) throw new Error(JSON.stringify(published));
    return body.workflow_id;
  }

  newTarget(): string {
    return `t${++this.targets}`;
  }

  /** Asks a process to start a run. The target is the request's Idempotency-Key too. */
  async ask(seer: Seer, graph: Graph, target: string, mode: 'async' | 'sync' = 'async'): Promise<SeerAnswer> {
    const workflowId = await this.publish(graph);
    const inputs = { peer: this.peer.url, target };
    return seer.call(
      'POST',
      `/v1/workflows/${workflowId}/runs?mode=${mode}`,
      { inputs },
      { 'idempotency-key': target },
    );
  }

  /**
   * Starts a run on a process; if that dies before it answers, the request is repeated on a process that lives, as a
   * client would.
   */
  async run(seer: Seer, graph: Graph, target = this.newTarget(), mode: 'async' | 'sync' = 'async'): Promise<Started> {
    let answer = await this.ask(seer, graph, target, mode).catch(() => undefined);
    for (let next = this.processes.indexOf(seer); !answer || answer.status === 503; next++) {
      if (this.stopped) throw new Error('the test is over');
      await delay(50);
      const other = this.processes[(next + 1) % this.processes.length]!;
      answer = await this.ask(other, graph, target, mode).catch(() => undefined);
    }
    if (answer.status !== 200 && answer.status !== 202) throw new Error(JSON.stringify(answer.body));
    return { graph, target, runId: answer.body.run_id };
  }

  /** The process that holds the run at the moment, if one does. */
  async holderOf(runId: string): Promise<Seer | undefined> {
    const { rows } = await this.database.query<{ name: string }>(
      'select w.name from workflow_run r join run_worker w using (worker_id) where r.run_id = $1',
      [uuidOf(runId)],
    );
    return this.processes.find(({ program }) => rows[0]?.name.endsWith(`:${program.pid}`));
  }

  /** Kills a process, or takes note that it has killed itself; a second time is the first. */
  kill({ program }: Seer): Promise<Kill> {
    const killed = this.killed.get(program) ?? this.killNow(program);
    this.killed.set(program, killed);
    return killed;
  }

  /** Starts a killed process again; a second time is the first, for two runs may have wished for the end of it. */
  restart(seer: Seer): void {
    const { program } = seer;
    if (!this.restarted.has(program)) this.restarted.set(program, this.restartNow(seer));
  }

  private async restartNow(seer: Seer): Promise<void> {
    try {
      await seer.start();
    } catch (error) {
      // It takes runs before it is ready, and with them it may have been killed again.
      if (!this.killed.has(seer.program)) throw error;
    }
  }

  /** Resolves when all killed processes are back. */
  async restored(): Promise<void> {
    await Promise.all(this.restarted.values());
  }

  /** A process that was killed for good. */
  forget(seer: Seer): void {
    this.processes.splice(this.processes.indexOf(seer), 1);
  }

  private async killNow(program: Program): Promise<Kill> {
    await program.stop('SIGKILL');
    return this.note(program);
  }

  /** Stops a process where it is, until it gets SIGCONT. */
  async freeze({ program }: Seer): Promise<Kill> {
    program.signal('SIGSTOP');
    return this.note(program);
  }

  private async note(program: Program): Promise<Kill> {
    const { rows } = await this.database.query<{ run_id: string }>(
      `select r.run_id from workflow_run r join run_worker w using (worker_id)
       where r.status = 'RUNNING' and w.name like '%:' || $1`,
      [String(program.pid)],
    );
    const kill = { at: Date.now(), runIds: rows.map((row) => row.run_id) };
    this.kills.push(kill);
    return kill;
  }

  /** How many runs the database thinks that the process executes. */
  async heldBy(pid: number): Promise<number> {
    const { rows } = await this.database.query<{ runs: number }>(
      `select count(*)::int as runs from workflow_run r
       where r.status = 'RUNNING' and not exists (
         select from run_worker w where w.worker_id = r.worker_id and w.name not like '%:' || $1
       )`,
      [String(pid)],
    );
    return rows[0]!.runs;
  }

  /** How often each run was claimed. */
  async attemptsOf(runs: readonly Started[]): Promise<number[]> {
    const { rows } = await this.database.query<{ attempt: number }>(
      'select attempt from workflow_run where run_id = any($1)',
      [runs.map(({ runId }) => uuidOf(runId))],
    );
    return rows.map(({ attempt }) => attempt);
  }

  /** Resolves when all of these runs and of their children are over; @returns the ids of those that are not in time. */
  async untilOver(runs: readonly Started[], patience = 60_000): Promise<string[]> {
    for (const late = Date.now() + patience; ;) {
      const { rows } = await this.database.query<{ run_id: string }>(
        `select run_id from workflow_run where status in ('QUEUED', 'RUNNING', 'WAITING')
         and (run_id = any($1) or parent_run_id = any($1))`,
        [runs.map(({ runId }) => uuidOf(runId))],
      );
      if (rows.length === 0) return [];
      if (Date.now() > late) return rows.map((row) => row.run_id);
      await delay(50);
    }
  }

  /** Answers the approvals of a run, all of them when it waits for all of them. */
  async approve({ runId, graph: { approvals = [] } }: Started): Promise<void> {
    const isAsked = async (): Promise<boolean> => {
      const { rows } = await this.database.query<{ asked: boolean }>(
        `select status = 'WAITING' and waiting_for ?& $2 as asked from workflow_run where run_id = $1`,
        [uuidOf(runId), approvals],
      );
      return rows[0]!.asked;
    };
    while (approvals.length > 0 && !this.stopped && !(await isAsked())) await delay(50);
    for (const nodeId of approvals) {
      const body = { node_id: nodeId, value: { approved: true } };
      const send = () => this.living.call('POST', `/v1/runs/${runId}/resume`, body).catch(() => undefined);
      while (((await send())?.status ?? 503) === 503) await delay(50);
    }
  }

  private get living(): Seer {
    return this.processes.find((seer) => seer.lives)!;
  }

  /** After the server of the database was away. */
  async reconnect(): Promise<void> {
    this.database = await observe(this.databaseUrl);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.processes.map((seer) => seer.end()));
    await this.peer.close();
    await this.database.end().catch(() => {});
  }
}

/** A connection that may break: then the next query says so. */
async function observe(databaseUrl: string): Promise<pg.Client> {
  const client = await connect(databaseUrl);
  client.on('error', () => {});
  return client;
}
