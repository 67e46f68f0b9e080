import { outsideOfRequests } from './http/current-request.js';
import { asDatabaseUnavailable } from './database/database.errors.js';

/**
 * Lets what is to be done at the same time be done together: while one batch is under way, the next one gathers. Without a
 * timer, so that a lone item does not wait.
 */
export class Together<Item, Result> {
  private gathered: { item: Item; resolve: (result: Result) => void; reject: (error: unknown) => void }[] = [];
  private underWay = false;

  /**
   * @param act gives a result for each item, in their order. After an error each item is tried alone, so that one which is
   * refused does not take the others with it; but not while the database is away
   */
  constructor(
    private readonly act: (items: readonly Item[]) => Promise<readonly Result[]>,
    private readonly most: number,
  ) {}

  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.gathered.push({ item, resolve, reject });
      if (!this.underWay) outsideOfRequests(() => setImmediate(() => void this.next()));
    });
  }

  private async next(): Promise<void> {
    if (this.underWay) return;
    this.underWay = true;
    while (this.gathered.length > 0) await this.doTogether(this.gathered.splice(0, this.most));
    this.underWay = false;
  }

  private async doTogether(batch: typeof this.gathered): Promise<void> {
    try {
      const results = await this.act(batch.map(({ item }) => item));
      for (const [index, { resolve }] of batch.entries()) resolve(results[index]!);
    } catch (error) {
      if (batch.length > 1 && !asDatabaseUnavailable(error)) for (const one of batch) await this.doTogether([one]);
      else for (const { reject } of batch) reject(error);
    }
  }
}
