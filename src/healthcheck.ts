import { readEnvironment } from './common/config/read-environment.js';

/** Of the image: exit code 0 when the process in this container is ready, whatever its role, else 1. */
const { host, port } = readEnvironment(process.env);
const everywhere = host === '0.0.0.0' || host === '::';
const url = new URL(`http://127.0.0.1:${port}/health/ready`);
if (!everywhere) url.hostname = host.includes(':') ? `[${host}]` : host;

const isReady = await fetch(url, { signal: AbortSignal.timeout(4_000) }).then(
  ({ ok }) => ok,
  () => false,
);
process.exit(isReady ? 0 : 1);
