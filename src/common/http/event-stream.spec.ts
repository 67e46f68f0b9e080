import { eventText, TextStream } from './event-stream.js';

describe('an event as text', () => {
  it('is one line of JSON, whatever is in it', () => {
    expect(eventText({ event: 'step', id: 3, data: { text: 'a\nb\r\u2028"' } })).toBe(
      'event: step\nid: 3\ndata: {"text":"a\\nb\\r\u2028\\""}\n\n',
    );
    expect(eventText({ event: 'run', data: {} })).toBe('event: run\ndata: {}\n\n');
  });
});

describe('a stream of texts', () => {
  it('gives all of them', async () => {
    const stream = new TextStream(async function* () {
      yield 'a';
      yield 'b';
    });
    expect(Buffer.concat(await stream.toArray()).toString()).toBe('ab');
  });

  it('fails when they do', async () => {
    const stream = new TextStream(async function* () {
      yield 'a';
      throw new Error('no more');
    });
    await expect(stream.toArray()).rejects.toThrow('no more');
  });

  it('tells who makes them when nobody reads any more', async () => {
    const waits = Promise.withResolvers<void>();
    const told = Promise.withResolvers<void>();
    const stream = new TextStream(async function* (gone) {
      yield 'a';
      gone.addEventListener('abort', () => told.resolve());
      waits.resolve();
      await told.promise;
    });
    stream.resume();
    await waits.promise;
    stream.destroy();
    await told.promise;
  });
});
