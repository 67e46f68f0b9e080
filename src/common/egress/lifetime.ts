import type { Readable } from 'node:stream';
import { EgressTimeoutError } from './egress.errors.js';
import type { EgressRequest } from './egress.types.js';

const DEFAULT_TIMEOUT_MS = 30_000;

/**
 * What ends an exchange before its end: its caller, its deadline, or silence of the other side. Holds timers and a
 * listener at the caller's signal until `end`: that signal may live as long as the process.
 */
export class Lifetime {
  readonly #controller = new AbortController();
  readonly #callersSignal: AbortSignal | undefined;
  readonly #deadline: NodeJS.Timeout;
  readonly #silence: NodeJS.Timeout | undefined;
  #body: Readable | undefined;

  constructor({ signal, timeoutMs = DEFAULT_TIMEOUT_MS, idleTimeoutMs }: EgressRequest) {
    this.#callersSignal = signal;
    this.#deadline = setTimeout(() => this.#controller.abort(new EgressTimeoutError('request', timeoutMs)), timeoutMs);
    if (idleTimeoutMs !== undefined) this.#silence = setTimeout(() => this.#onSilence(idleTimeoutMs), idleTimeoutMs);
    if (signal?.aborted) this.#onCallersAbort();
    else signal?.addEventListener('abort', this.#onCallersAbort);
  }

  /** Aborted when the exchange has to end; its reason says why. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The other side has sent something. */
  heard(): void {
    this.#silence?.refresh();
  }

  /** From now on this covers the body: it ends with the lifetime, and the lifetime with it. */
  cover(body: Readable): void {
    this.#body = body;
    const { signal } = this;
    const stop = () => body.destroy(signal.reason as Error);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop);
    body.once('close', () => this.end());
  }

  /** Lets go of timers and listeners. */
  end(): void {
    clearTimeout(this.#deadline);
    clearTimeout(this.#silence);
    this.#callersSignal?.removeEventListener('abort', this.#onCallersAbort);
  }

  readonly #onCallersAbort = (): void => this.#controller.abort(this.#callersSignal?.reason);

  #onSilence(idleTimeoutMs: number): void {
    // Nothing comes either while the reader of the body does not take what is there: that is not the other side's silence.
    const isReaderSlow = (this.#body?.readableLength ?? 0) > 0;
    if (isReaderSlow) this.#silence?.refresh();
    else this.#controller.abort(new EgressTimeoutError('silence', idleTimeoutMs));
  }
}
