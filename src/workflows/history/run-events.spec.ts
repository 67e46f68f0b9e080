import { jest } from '@jest/globals';
import { type AccessWatch, type Principal } from '../../users/index.js';
import { RunDeltas } from '../runs/engine/run-deltas.js';
import { RunNews } from '../runs/engine/run-news.js';
import { type RunBroadcasts } from '../runs/engine/run-broadcasts.js';
import { type RunLook, type RunReader } from '../runs/run-reader.js';
import { type StepRow } from '../runs/run-rows.js';
import { EventStreams } from './event-streams.js';
import { RunEvents } from './run-events.js';
import { SharedLooks } from './shared-looks.js';

const runId = 'run_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b';
const caller = {} as Principal;
/** Nobody else is there. */
const deltas = new RunDeltas({ tell: () => {} } as unknown as RunBroadcasts);

const access = { serve: () => () => {} } as unknown as AccessWatch;

const eventsOf = (reader: RunReader, news = new RunNews()) =>
  new RunEvents(new SharedLooks(reader, news), news, deltas, new EventStreams(access, news));

const stepOf = (seq: number): StepRow => ({
  ...{ node_id: 'a', path: `a[${seq}]`, attempt: 1, seq, status: 'COMPLETED' },
  ...{ inputs: null, output: null, error: null, usage: null },
  ...{ started_at: '2026-01-01 00:00:00+00', completed_at: '2026-01-01 00:00:00+00' },
});

/** A run with so many steps; every look at it is counted. */
function runWith(steps: number, output: unknown = null) {
  const run = { status: 'RUNNING', steps, looks: 0, isAway: false };
  const look = (_caller: Principal, _runId: string, seq: number, count: number): Promise<RunLook> => {
    run.looks += 1;
    if (run.isAway) return Promise.reject(Object.assign(new Error('away'), { code: 'ECONNREFUSED' }));
    const rows = Array.from({ length: Math.min(count, run.steps - seq) }, (_, n) => ({
      ...stepOf(seq + n + 1),
      output,
    }));
    return Promise.resolve({ run: { status: run.status }, steps: rows } as unknown as RunLook);
  };
  return Object.assign(run, { reader: { look } as unknown as RunReader });
}

/** All that a stream gives from now on. */
function read(stream: NodeJS.ReadableStream): string[] {
  const texts: string[] = [];
  stream.on('data', (chunk: Buffer) => texts.push(chunk.toString()));
  return texts;
}

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  jest.useRealTimers();
});

describe('the events of a run', () => {
  it('are looked for twice a second, less often when nothing happens, and at once when something is announced', async () => {
    const run = runWith(0);
    const news = new RunNews();
    const stream = await eventsOf(run.reader, news).watch(caller, runId);
    read(stream);
    const looksWithin = async (milliseconds: number) => {
      const before = run.looks;
      await jest.advanceTimersByTimeAsync(milliseconds);
      return run.looks - before;
    };
    expect(await looksWithin(5_000)).toBe(10);
    await jest.advanceTimersByTimeAsync(60_000);
    expect(await looksWithin(20_000)).toBe(10);
    news.announce(runId.slice(4));
    expect(await looksWithin(0)).toBe(1);
    expect(await looksWithin(5_000)).toBe(10);
    stream.destroy();
  });

  it('are looked for once, however many watch a run, and by whoever came last soon enough', async () => {
    const run = runWith(1);
    const events = eventsOf(run.reader);
    const streams = [];
    for (let n = 0; n < 10; n++) {
      const stream = await events.watch(caller, runId);
      streams.push(stream);
      read(stream);
      await jest.advanceTimersByTimeAsync(70);
    }
    await jest.advanceTimersByTimeAsync(500);
    run.looks = 0;
    await jest.advanceTimersByTimeAsync(4_000);
    expect(run.looks).toBeLessThanOrEqual(9);
    Object.assign(run, { steps: 2, status: 'COMPLETED' });
    await jest.advanceTimersByTimeAsync(500);
    expect(streams.every((stream) => stream.readableEnded)).toBe(true);
    expect(run.looks).toBeLessThanOrEqual(10);
  });

  it('are looked for again when something is announced during a look', async () => {
    const run = runWith(0);
    const news = new RunNews();
    const reader: RunReader = Object.create(run.reader, {
      look: {
        value: async (...asked: Parameters<RunReader['look']>) => {
          const seen = await run.reader.look(...asked);
          await new Promise((resolve) => setTimeout(resolve, 100));
          return seen;
        },
      },
    });
    const opened = eventsOf(reader, news).watch(caller, runId);
    await jest.advanceTimersByTimeAsync(100);
    const stream = await opened;
    const texts = read(stream);
    await jest.advanceTimersByTimeAsync(550);
    expect(run.looks).toBe(2);
    Object.assign(run, { steps: 1, status: 'COMPLETED' });
    news.announce(runId.slice(4));
    await jest.advanceTimersByTimeAsync(150);
    expect(texts.join('')).toContain('COMPLETED');
    expect(stream.readableEnded).toBe(true);
  });

  it('have a heartbeat when nothing happens for 15 seconds', async () => {
    const run = runWith(1);
    const stream = await eventsOf(run.reader).watch(caller, runId);
    const texts = read(stream);
    await jest.advanceTimersByTimeAsync(14_900);
    expect(texts.join('')).not.toMatch(/^: /m);
    await jest.advanceTimersByTimeAsync(20_000);
    expect(texts.filter((text) => text === ': \n\n')).toHaveLength(2);
    stream.destroy();
  });

  it('come a hundred steps at a time, without waiting in between', async () => {
    const run = runWith(250);
    const stream = await eventsOf(run.reader).watch(caller, runId);
    const texts = read(stream);
    await jest.advanceTimersByTimeAsync(0);
    expect(texts.join('').match(/^id: \d+$/gm)).toHaveLength(250);
    expect(run.looks).toBe(3);
    stream.destroy();
  });

  it('are not looked for while nobody takes them', async () => {
    const run = runWith(10_000, 'x'.repeat(10_000));
    const stream = await eventsOf(run.reader).watch(caller, runId);
    stream.once('readable', () => {});
    await jest.advanceTimersByTimeAsync(60_000);
    expect(run.looks).toBe(1);
    read(stream);
    stream.resume();
    await jest.advanceTimersByTimeAsync(0);
    expect(run.looks).toBe(101);
    stream.destroy();
  });

  it('end when the run is over and all is told, and leave no timer behind', async () => {
    const run = runWith(100);
    const stream = await eventsOf(run.reader).watch(caller, runId);
    const texts = read(stream);
    await jest.advanceTimersByTimeAsync(0);
    Object.assign(run, { status: 'COMPLETED', steps: 101 });
    await jest.advanceTimersByTimeAsync(500);
    expect(stream.readableEnded).toBe(true);
    const told = texts.join('');
    expect(told.indexOf('COMPLETED"}\n\n', told.indexOf('id: 101'))).toBeGreaterThan(0);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('end when the reader goes away, and leave no timer behind', async () => {
    const run = runWith(0);
    const stream = await eventsOf(run.reader).watch(caller, runId);
    read(stream);
    await jest.advanceTimersByTimeAsync(100);
    stream.destroy();
    await jest.advanceTimersByTimeAsync(0);
    expect(jest.getTimerCount()).toBe(0);
    await jest.advanceTimersByTimeAsync(10_000);
    expect(run.looks).toBe(2);
  });

  it('go on when the database is back, and ask it no more often while it is away', async () => {
    const run = runWith(100);
    const stream = await eventsOf(run.reader).watch(caller, runId);
    const texts = read(stream);
    run.isAway = true;
    await jest.advanceTimersByTimeAsync(5_000);
    expect(run.looks).toBeLessThanOrEqual(13);
    Object.assign(run, { isAway: false, status: 'COMPLETED' });
    await jest.advanceTimersByTimeAsync(1_000);
    expect(stream.readableEnded).toBe(true);
    expect(texts.at(-1)).toContain('COMPLETED');
  });

  it('end when the process stops, also unread ones, but those a moment later', async () => {
    const news = new RunNews();
    const events = eventsOf(runWith(10_000, 'x'.repeat(10_000)).reader, news);
    const unread = await events.watch(caller, runId);
    unread.once('readable', () => {}).once('error', () => {});
    const idle = await eventsOf(runWith(0).reader, news).watch(caller, runId);
    read(idle);
    await jest.advanceTimersByTimeAsync(100);
    news.close();
    await jest.advanceTimersByTimeAsync(0);
    expect(idle.readableEnded).toBe(true);
    expect(unread.destroyed).toBe(false);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(unread.destroyed).toBe(true);
    expect(jest.getTimerCount()).toBe(0);
  });
});
