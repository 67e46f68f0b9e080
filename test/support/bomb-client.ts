// A process that requests what must not exhaust it, and tells how that ended and what it cost.
import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { egressWith } from '../../src/common/egress/egress.spec-helper.js';
import { type EgressRequest } from '../../src/common/egress/egress.types.js';

setFlagsFromString('--expose_gc');
const collectGarbage = runInNewContext('gc') as () => void;
const egress = egressWith();

const ways: Record<string, (request: EgressRequest) => Promise<unknown>> = {
  request: (request) => egress.request(request),
  open: async (request) => {
    const { body } = await egress.open(request);
    for await (const _ of body);
  },
  unread: async (request) => {
    const { body } = await egress.open(request);
    if (!body.closed) await once(body, 'close');
    if (body.errored) throw body.errored;
  },
};

async function memory() {
  for (const _ of [1, 2, 3]) {
    collectGarbage();
    await setImmediate(); // buffers are freed a turn later
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { held: heapUsed + external, rss };
}

const request = { method: 'GET', url: process.env.BOMB_URL!, timeoutMs: Number(process.env.BOMB_TIMEOUT_MS) };
for (const _ of [1, 2, 3]) await egress.request({ ...request, url: process.env.HARMLESS_URL! });

const highWater = (): number => process.resourceUsage().maxRSS * 1024;
const before = await memory();
const startPeak = highWater();
let sampled = before.rss;
const sampling = setInterval(() => (sampled = Math.max(sampled, process.memoryUsage.rss())), 2);
const codes: string[] = [];
for (const way of process.env.BOMB_WAYS!.split(',')) {
  codes.push(
    await ways[way]!(request).then(
      () => 'no failure',
      (error: { code?: string }) => error.code ?? String(error),
    ),
  );
}
clearInterval(sampling);
// The kernel's own record of the peak; it says nothing where the start of the process took more.
const peak = (highWater() > startPeak ? highWater() : sampled) - before.rss;
console.log(JSON.stringify({ codes, peak, held: (await memory()).held - before.held }));
await egress.onApplicationShutdown();
