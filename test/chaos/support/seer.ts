import { Agent, type IncomingMessage, request } from 'node:http';
import { Program } from '../../support/program.js';

/** The administrator of every installation of this suite. */
const API_KEY = `sk_${'chaos'.repeat(8)}`;

/** Starting costs a second of computing; more at a time than there are cores would starve the processes that run. */
const STARTING_AT_A_TIME = 2;
const turns: Promise<unknown>[] = Array.from({ length: STARTING_AT_A_TIME }, () => Promise.resolve());

export interface SeerAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: any;
}

/** One process of Seer; started again, it has another port, as the old one may have been taken by then. */
export class Seer {
  program: Program;
  private port: number;
  private isOver = false;
  private readonly agent = new Agent({ keepAlive: true, maxSockets: Infinity });

  private constructor(
    readonly script: string,
    private readonly variables: Record<string, string>,
  ) {}

  /** @param script the compiled program, `dist/src/main.js` or a changed copy of it */
  static create(databaseUrl: string, script: string, variables: Record<string, string> = {}): Seer {
    return new Seer(script, {
      PORT: '0',
      DATABASE_URL: databaseUrl,
      SEER_BOOTSTRAP_API_KEY: API_KEY,
      SEER_MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
      SEER_EGRESS_ALLOW: '127.0.0.0/8',
      SEER_DATABASE_POOL: '5',
      SEER_DOCS: 'false',
      LOG_LEVEL: 'warn',
      NODE_COMPILE_CACHE: '.build/compile-cache',
      ...variables,
    });
  }

  /** Resolves when it answers requests. @throws when it ends before */
  start(variables?: Record<string, string>): Promise<void> {
    const started = turns.shift()!.then(() => this.startNow(variables));
    turns.push(started.catch(() => {}));
    return started;
  }

  private async startNow(variables: Record<string, string> = {}): Promise<void> {
    if (this.isOver) return;
    this.program = new Program(this.script, { ...this.variables, ...variables });
    await this.program.says('Seer is ready');
    this.port = Number(/Seer is ready at http:\/\/[\d.]+:(\d+)/.exec(this.program.output)![1]);
  }

  get lives(): boolean {
    return this.program.lives;
  }

  /** @throws the socket's error when there is no answer; its code is ECONNREFUSED when nobody took the request */
  call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<SeerAnswer> {
    return new Promise((resolve, reject) => {
      const outgoing = request(
        {
          agent: this.agent,
          port: this.port,
          method,
          path,
          headers: {
            authorization: `Bearer ${API_KEY}`,
            ...(body !== undefined && { 'content-type': 'application/json' }),
            ...headers,
          },
        },
        (incoming) => {
          let text = '';
          incoming.on('data', (chunk: Buffer) => (text += chunk.toString()));
          incoming.on('error', reject);
          incoming.on('end', () => {
            const { statusCode: status, headers } = incoming;
            resolve({ status: status!, headers, body: text === '' ? undefined : JSON.parse(text) });
          });
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  /** Ends it for good, however it is. */
  async end(): Promise<void> {
    this.isOver = true;
    this.agent.destroy();
    if (this.program?.lives) await this.program.stop('SIGKILL');
  }
}
