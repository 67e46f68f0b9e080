import { performance } from 'node:perf_hooks';

/** Scrapes come every 15 seconds or so; several in one such span see the same. */
const FRESH_MS = 5_000;
/** Prometheus gives a scrape up after ten seconds: the other metrics must be told in time. */
const PATIENCE_MS = 2_000;

/**
 * A look at the database for gauges: at most one at a time and one in some seconds, whoever asks. Undefined when it fails or
 * takes too long.
 */
export function slowRead<Result>(
  read: () => Promise<Result>,
  { freshMs = FRESH_MS, patienceMs = PATIENCE_MS } = {},
): () => Promise<Result | undefined> {
  let underWay: Promise<Result | undefined> | undefined;
  let last: { result: Result | undefined; at: number } | undefined;
  const look = async (): Promise<Result | undefined> => {
    const result = await read().catch(() => undefined);
    last = { result, at: performance.now() };
    underWay = undefined;
    return result;
  };
  return async () => {
    if (last && performance.now() - last.at < freshMs) return last.result;
    underWay ??= look();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(resolve, patienceMs, undefined);
    });
    return Promise.race([underWay, late]).finally(() => clearTimeout(timer));
  };
}
