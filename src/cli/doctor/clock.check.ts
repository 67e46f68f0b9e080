import { defineCheck, ok, warn } from './define-check.js';

/** Milliseconds; API keys and tokens that expire are judged by the clock of the process, all else by the database's. */
const MOST_SKEW_MS = 1_000;

export const clock = defineCheck({
  name: 'clock',
  needsDatabase: true,
  async look({ client }) {
    const before = Date.now();
    const { rows } = await client.query<{ now: number }>(
      'select (extract(epoch from clock_timestamp()) * 1000)::float8 as now',
    );
    const skew = Math.round(rows[0]!.now - (before + Date.now()) / 2);
    if (Math.abs(skew) <= MOST_SKEW_MS) return ok(`This machine and the database differ by ${Math.abs(skew)} ms.`);
    return warn(
      `The database is ${Math.abs(skew)} ms ${skew > 0 ? 'ahead of' : 'behind'} this machine.`,
      'Let both follow a time server (NTP): keys and tokens would expire at the wrong moment.',
    );
  },
});
