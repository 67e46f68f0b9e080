import { type Measured } from './load.js';

/** One line of the output; units are in the names. */
export interface Result {
  readonly job: string;
  readonly concurrency?: number;
  readonly count: number;
  readonly seconds?: number;
  readonly per_second?: number;
  readonly p50_ms?: number;
  readonly p99_ms?: number;
  readonly [more: string]: string | number | undefined;
}

export function rate(job: string, concurrency: number, { count, seconds, milliseconds }: Measured): Result {
  return {
    job,
    concurrency,
    count,
    seconds: round(seconds),
    per_second: Math.round(count / seconds),
    p50_ms: round(quantile(milliseconds, 0.5)),
    p99_ms: round(quantile(milliseconds, 0.99)),
  };
}

/** Several measurements of the same as one. */
export function merge(parts: readonly Measured[]): Measured {
  const milliseconds = parts.flatMap((part) => Array.from(part.milliseconds));
  return {
    count: milliseconds.length,
    seconds: parts.reduce((sum, { seconds }) => sum + seconds, 0),
    milliseconds: Float64Array.from(milliseconds).sort(),
  };
}

/** The value below which this share of the ascending values lies. */
export function quantile(ascending: ArrayLike<number>, share: number): number {
  return ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * share))] ?? NaN;
}

export function median(values: readonly number[]): number {
  return quantile(
    values.toSorted((a, b) => a - b),
    0.5,
  );
}

/** Three significant digits are more than a run repeats. */
export function round(value: number): number {
  return Number(value.toPrecision(3));
}

/**
 * The results side by side; `floor` is the job that all others of the same concurrency are compared with, `peers` those
 * that one is compared with besides.
 */
export function table(
  results: readonly Result[],
  floor: string,
  peers: ReadonlyMap<string, readonly string[]>,
): string {
  const rateOf = (job: string, concurrency?: number) =>
    results.find((result) => result.job === job && result.concurrency === concurrency)?.per_second;
  const rows = results
    .filter(({ per_second }) => per_second !== undefined)
    .map(({ job, concurrency, per_second, p50_ms, p99_ms }) => {
      const best = rateOf(floor, concurrency);
      const ratios = (peers.get(job) ?? []).map((peer) => [peer, rateOf(peer, concurrency)] as const);
      return [
        job,
        concurrency,
        per_second,
        p50_ms,
        p99_ms,
        best && `${((per_second! / best) * 100).toFixed(0)} %`,
        ratios.flatMap(([peer, rate]) => (rate ? `${(per_second! / rate).toFixed(2)} × ${peer}` : [])).join(', '),
      ];
    });
  return [['job', 'at a time', 'per second', 'p50 ms', 'p99 ms', `of ${floor}`, ''], ...rows]
    .map((row) => row.map((cell, column) => pad(String(cell ?? ''), column)).join('  '))
    .join('\n');
}

function pad(text: string, column: number): string {
  return column === 0 ? text.padEnd(20) : text.padStart(column === 6 ? 0 : 14);
}
