import { createHook } from 'node:async_hooks';

/** One `connect(2)` that this process asked for. */
export interface Connect {
  readonly address: string;
  readonly port: number;
}

/** Watches every TCP connection that this process tries to open, by whatever library, also those that fail. */
export class ConnectWatch implements Disposable {
  readonly #requests: Connect[] = [];
  // Node makes one such resource for each address it really dials; its fields are set a moment later.
  readonly #hook = createHook({
    init: (_id, type, _trigger, resource) => {
      if (type === 'TCPCONNECTWRAP') this.#requests.push(resource as Connect);
    },
  }).enable();

  /** What was dialled since the watch began, but at this port. */
  dialled(portOfTheTest?: number): string[] {
    return this.#requests.filter(({ port }) => port !== portOfTheTest).map(({ address, port }) => `${address}:${port}`);
  }

  [Symbol.dispose](): void {
    this.#hook.disable();
  }
}
