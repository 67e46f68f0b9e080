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
  it('ends where it is told to, whatever is made afterwards', async () => {
    const asked = Promise.withResolvers<void>();
    const made = Promise.withResolvers<void>();
    const stream = new TextStream(async function* (gone) {
      yield 'a';
      asked.resolve();
      await made.promise;
      yield gone.aborted ? 'too late' : 'b';
      throw new Error('nobody hears that');
    });
    const all = stream.toArray();
    await asked.promise;
    stream.finish();
    stream.finish();
    made.resolve();
    expect(Buffer.concat(await all).toString()).toBe('a');
    stream.finish();
  });
});
