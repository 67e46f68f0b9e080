import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';

/** A Node program in a process of its own. */
export class Program {
  /** All it has written. */
  output = '';
  /** Its exit code; null when a signal ended it. */
  readonly ended: Promise<number | null>;
  private readonly child: ChildProcess;
  private readonly listeners = new Set<() => void>();

  constructor(script: string, variables: Record<string, string>) {
    const { DATABASE_URL: _database, ...inherited } = process.env;
    this.child = spawn(process.execPath, [script], {
      env: { ...inherited, ...variables },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.child.stdout!, this.child.stderr!]) {
      stream.on('data', (chunk: Buffer) => {
        this.output += chunk.toString();
        for (const listener of this.listeners) listener();
      });
    }
    this.ended = new Promise((resolve) => this.child.on('close', (code) => resolve(code)));
  }

  /** Resolves when it has written this; rejects when it ends before. */
  async says(text: string): Promise<void> {
    let look!: () => void;
    const said = new Promise<void>((resolve) => {
      let seen = 0;
      look = () => {
        // What was looked at need not be again: some say megabytes.
        if (this.output.includes(text, Math.max(0, seen - text.length))) resolve();
        seen = this.output.length;
      };
      this.listeners.add(look);
      look();
    });
    const early = this.ended.then((code) => {
      throw new Error(`ended with ${code} before it said "${text}":\n${this.output}`);
    });
    await Promise.race([said, early]).finally(() => this.listeners.delete(look));
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** Whether it has neither exited nor been killed. */
  get lives(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Sends a signal that does not end it, such as SIGSTOP. */
  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** @returns the exit code */
  stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.child.kill(signal);
    return this.ended;
  }
}

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
