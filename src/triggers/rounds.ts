/** The floor of reaction time: what other processes have changed is seen after this long. */
const LOOK_MS = 500;

/** Looks again and again for something to do: at once while there is, else when the next is due, at least twice a second. */
export class Rounds {
  private timer: NodeJS.Timeout | undefined;
  private underWay: Promise<void> | undefined;
  private stopped = true;
  /** Something may be due by now that was not when this round began. */
  private woken = false;

  /** @param round never throws. @returns after how many milliseconds the next one makes sense */
  constructor(private readonly round: () => Promise<number>) {}

  start(): void {
    this.stopped = false;
    this.go();
  }

  /** Resolves when nothing is under way any more. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.underWay;
  }

  /** There may be something to do at once. */
  wake(): void {
    this.woken = true;
    if (this.timer === undefined || this.stopped) return;
    clearTimeout(this.timer);
    this.go();
  }

  private go(): void {
    this.timer = undefined;
    this.woken = false;
    this.underWay = this.turn();
  }

  private async turn(): Promise<void> {
    const wait = await this.round();
    if (!this.stopped) this.timer = setTimeout(() => this.go(), this.woken ? 0 : Math.min(wait, LOOK_MS));
  }
}
