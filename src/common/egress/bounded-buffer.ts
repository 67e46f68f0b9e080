import { Writable } from 'node:stream';
import { EgressResponseTooLargeError } from './egress.errors.js';

const INITIAL_BYTES = 16 * 1024;

/**
 * Collects a stream into one buffer, at most `maxBytes`. It copies instead of keeping the chunks: a body sent one byte
 * at a time would otherwise cost a hundred times its size.
 */
export class BoundedBuffer extends Writable {
  #buffer = Buffer.allocUnsafe(INITIAL_BYTES);
  #size = 0;

  constructor(private readonly maxBytes: number) {
    super();
  }

  /** What was written so far. */
  get contents(): Buffer {
    return this.#buffer.subarray(0, this.#size);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    const needed = this.#size + chunk.length;
    if (needed > this.maxBytes) {
      done(new EgressResponseTooLargeError('body', `${this.maxBytes} bytes`));
      return;
    }
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
