import { type Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const INITIAL_BYTES = 16 * 1024;

/** Reads a stream, which is bounded by itself, to its end. */
export async function collect(stream: Readable): Promise<Buffer> {
  const buffer = new CollectingBuffer();
  await pipeline(stream, buffer);
  return buffer.contents;
}

/** Copies instead of keeping the chunks: a body sent one byte at a time would otherwise cost a hundred times its size. */
class CollectingBuffer extends Writable {
  #buffer = Buffer.allocUnsafe(INITIAL_BYTES);
  #size = 0;

  /** What was written so far. */
  get contents(): Buffer {
    return this.#buffer.subarray(0, this.#size);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    const needed = this.#size + chunk.length;
    if (needed > this.#buffer.length) this.#grow(needed);
    this.#size += chunk.copy(this.#buffer, this.#size);
    done();
  }

  #grow(needed: number): void {
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(larger, 0, 0, this.#size);
    this.#buffer = larger;
  }
}
