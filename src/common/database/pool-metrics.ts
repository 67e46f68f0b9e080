import { defineGauge } from '../metrics/define-metric.js';

const pools = ['requests', 'reads', 'commits'] as const;
export type WatchedPool = (typeof pools)[number];

const connections = defineGauge({
  name: 'seer_database_connections',
  help: 'Connections of this process to the database.',
  labels: { pool: pools, state: ['used', 'idle'] },
});
const limit = defineGauge({
  name: 'seer_database_connections_limit',
  help: 'Connections that the pool may have (SEER_DATABASE_POOL for requests).',
  labels: { pool: pools },
});
const waiting = defineGauge({
  name: 'seer_database_waiting',
  help: 'Callers in this process that wait for a connection to be free.',
  labels: { pool: pools },
});

/** What the gauges read of a pool of `pg`. */
interface Pool {
  readonly totalCount: number;
  readonly idleCount: number;
  readonly waitingCount: number;
  readonly options: { readonly max: number };
}

export function watchPool(name: WatchedPool, pool: Pool): void {
  connections.read({ pool: name, state: 'used' }, () => pool.totalCount - pool.idleCount);
  connections.read({ pool: name, state: 'idle' }, () => pool.idleCount);
  limit.read({ pool: name }, () => pool.options.max);
  waiting.read({ pool: name }, () => pool.waitingCount);
}
