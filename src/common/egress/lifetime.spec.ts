import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { Lifetime } from './lifetime.js';

const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
const request = { method: 'GET', url: 'http://a.example/', timeoutMs: 60_000, idleTimeoutMs: 60_000 };

describe('the lifetime of an exchange', () => {
  it('has two clocks, and stops them at its end', () => {
    const before = timers();
    const lifetime = new Lifetime(request);
    expect(timers()).toBe(before + 2);
    lifetime.end();
    expect(timers()).toBe(before);
  });

  it('ends with the body it covers', async () => {
    const before = timers();
    const body = new Readable({ read() {} });
    new Lifetime(request).cover(body);
    expect(timers()).toBe(before + 2);
    body.destroy();
    await setImmediate();
    expect(timers()).toBe(before);
  });

  it('destroys the body that comes too late', async () => {
    const reason = new Error('cancelled');
    const lifetime = new Lifetime({ ...request, signal: AbortSignal.abort(reason) });
    const body = new Readable({ read() {} }).on('error', () => {});
    lifetime.cover(body);
    await setImmediate();
    expect(body.errored).toBe(reason);
  });
});
