import { collectDefaultMetrics } from '@prometheus-io/client';
import { type Role } from '../config/environment.js';
import { version } from '../version.js';
import { defineGauge, registry } from './define-metric.js';

const buildInfo = defineGauge({
  name: 'seer_build_info',
  help: 'Always 1; its labels say what runs.',
  labels: { version: 'the version of Seer', node: 'the version of Node.js', role: ['all', 'api', 'worker'] },
});

let counted = false;

/** What Node.js tells of itself (memory, CPU, event loop lag, garbage collection), and what runs. */
export function countProcess(role: Role): void {
  buildInfo.read({ version, node: process.versions.node, role }, () => 1);
  if (!counted) collectDefaultMetrics({ register: registry });
  counted = true;
}
