import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Whatever happens to the bench, its children don't outlive it. */
const endWithParent = new URL('end-with-parent.js', import.meta.url).href;

/** A program of the compiled tree in a process of its own, as an operator would start it. */
export class Program {
  private output = '';
  private alive = true;
  private readonly child: ChildProcess;
  private readonly ended: Promise<void>;

  /** `script` is relative to the root of the compiled tree. */
  constructor(script: string, variables: Record<string, string>) {
    const file = fileURLToPath(new URL(`../../${script}`, import.meta.url));
    this.child = spawn(process.execPath, ['--enable-source-maps', '--no-warnings', '--import', endWithParent, file], {
      env: { ...process.env, ...variables },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const stream of [this.child.stdout!, this.child.stderr!]) {
      stream.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    }
    this.ended = new Promise((resolve) => {
      this.child.on('close', () => {
        this.alive = false;
        resolve();
      });
    });
  }

  /** The first match in what it writes. @throws Error when it ends before */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.output);
      if (match) return match;
      if (!this.alive) throw new Error(`a program ended before it said ${pattern}:\n${this.output}`);
      await Promise.race([this.ended, new Promise((resolve) => this.child.stdout!.once('data', resolve))]);
    }
  }

  /** CPU time it has used so far, all threads, in milliseconds; undefined where the system does not tell (only Linux does). */
  cpu(): number | undefined {
    const stat = read(`/proc/${this.child.pid}/stat`)?.split(') ')[1]?.split(' ');
    return stat && (Number(stat[11]) + Number(stat[12])) * 10;
  }

  /** Its share of the machine's memory in MB: shared pages count in part. Undefined where the system does not tell. */
  memory(): number | undefined {
    return megabytes(read(`/proc/${this.child.pid}/smaps_rollup`), 'Pss');
  }

  /** What it has resident in MB, shared pages in full. */
  resident(): number | undefined {
    return megabytes(read(`/proc/${this.child.pid}/status`), 'VmRSS');
  }

  /** The most memory it ever had resident, in MB. */
  peak(): number | undefined {
    return megabytes(read(`/proc/${this.child.pid}/status`), 'VmHWM');
  }

  async stop(): Promise<void> {
    this.child.kill('SIGTERM');
    await this.ended;
  }
}

function megabytes(text: string | undefined, name: string): number | undefined {
  const kilobytes = text && new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1];
  return kilobytes ? Math.round(Number(kilobytes) / 1_024) : undefined;
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
