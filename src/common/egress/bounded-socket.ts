import { Socket } from 'node:net';
import { EgressResponseTooLargeError } from './egress.errors.js';

/** How often the bytes are counted that go to a TLS socket above: no event tells of them here. */
const COUNT_INTERVAL_MS = 20;

/** A TCP socket that fails once it has received more than its limit. It counts what arrives and reads nothing itself. */
export class BoundedSocket extends Socket {
  constructor(private readonly maxBytes: number) {
    super();
    const counting = setInterval(() => this.#count(), COUNT_INTERVAL_MS).unref();
    this.once('close', () => clearInterval(counting));
  }

  // Without TLS all bytes pass here; not one too many is handed on.
  override push(chunk: Buffer | null, encoding?: BufferEncoding): boolean {
    return this.#count() && super.push(chunk, encoding);
  }

  #count(): boolean {
    const isWithin = this.bytesRead <= this.maxBytes;
    if (!isWithin) this.destroy(new EgressResponseTooLargeError('connection', `${this.maxBytes} bytes`));
    return isWithin;
  }
}
