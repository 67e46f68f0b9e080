/** The floor of reaction time: what other processes have changed is seen after this long. */
const LOOK_MS = 500;

/** Looks again and again for something to do: at once while there is, else when the next is due, at least twice a second. */
export class Rounds {
  private timer: NodeJS.Timeout | undefined;
  private underWay: Promise<void> | undefined;
  private stopped = true;

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

  private go(): void {
    this.underWay = this.turn();
  }

  private async turn(): Promise<void> {
    const wait = await this.round();
    if (!this.stopped) this.timer = setTimeout(() => this.go(), Math.min(wait, LOOK_MS));
  }
}
