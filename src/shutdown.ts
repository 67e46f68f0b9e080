/** Longer than any orderly stop: work that goes on gets 27 s (run-keeper.ts), connections that are kept alive a few more. */
const LONGEST_MS = 45_000;

/**
 * What this process has opened, closed in reverse. On SIGTERM or SIGINT no connection is accepted any more; requests and runs in
 * progress end; then the connections close, and an embedded database stops last. A second signal ends the process at once, and
 * so does a stop that hangs, as on a database that no longer answers: what it left is taken up by other processes.
 */
export class Shutdown {
  private readonly closings: (() => Promise<void>)[] = [];
  private closing: Promise<boolean> | undefined;

  /** Whether the process is stopping, so that whatever fails now does so for that reason. */
  get isUnderWay(): boolean {
    return this.closing !== undefined;
  }

  /** Something is open from now on. */
  opened(close: () => Promise<void>): void {
    this.closings.push(close);
  }

  stopOnSignal(): void {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.on(signal, () => {
        if (this.isUnderWay) exit(`${signal} again: stopped at once.`);
        setTimeout(() => exit(`Not stopped in order within ${LONGEST_MS / 1_000} s.`), LONGEST_MS).unref();
        void this.close().then((inOrder) => process.exit(inOrder ? 0 : 1));
      });
    }
  }

  /** Closes everything, whatever of it fails. @returns whether nothing did */
  close(): Promise<boolean> {
    this.closing ??= this.closeAll();
    return this.closing;
  }

  private async closeAll(): Promise<boolean> {
    let inOrder = true;
    for (const close of this.closings.toReversed()) {
      try {
        await close();
      } catch (error) {
        inOrder = false;
        console.error(error);
      }
    }
    return inOrder;
  }
}

function exit(why: string): never {
  console.error(why);
  process.exit(1);
}
