import { EventEmitter, on } from 'node:events';
import { type ServerResponse } from 'node:http';
import { json, startPeer } from './peer.js';

/** A peer at which calls stand until the test lets them go: so it decides how long a run takes. */
export interface Gate {
  /** Paths of all calls, in the order they came. */
  readonly calls: readonly string[];
  /** Calls that stand at the gate now. */
  readonly standing: number;
  /** The most that stood there at a time. */
  readonly most: number;
  /** A node that calls the gate; the path may hold expressions. */
  node(path: string): object;
  /** Resolves when this many calls have come in all, of this path or of any. */
  came(count: number, path?: string): Promise<void>;
  /** Resolves when this many calls stand there. */
  stand(count: number): Promise<void>;
  /** Lets those go that have stood there longest. */
  letGo(count: number): void;
  /** Lets all go, and whoever comes later after this many milliseconds. */
  open(delay?: number): void;
  close(): Promise<void>;
}

export async function startGate(): Promise<Gate> {
  const calls: string[] = [];
  const standing = new Set<ServerResponse>();
  const changes = new EventEmitter();
  let most = 0;
  let opened: number | undefined;

  const peer = await startPeer((request, response) => {
    calls.push(request.url!.slice(1));
    standing.add(response);
    most = Math.max(most, standing.size);
    response.on('close', () => {
      standing.delete(response);
      changes.emit('change');
    });
    if (opened !== undefined) setTimeout(() => answer(response), opened);
    changes.emit('change');
  });

  const answer = (response: ServerResponse) => {
    if (standing.delete(response)) json(response, { ok: true });
  };
  const until = async (isSo: () => boolean) => {
    const changed = on(changes, 'change');
    while (!isSo()) await changed.next();
    await changed.return!();
  };
  const letGo = (count: number) => [...standing].slice(0, count).forEach(answer);
  return {
    calls,
    get standing() {
      return standing.size;
    },
    get most() {
      return most;
    },
    node: (path) => ({ id: 'call', type: 'tool', tool: 'http.request', inputs: { url: `${peer.url}/${path}` } }),
    came: (count, path) => until(() => calls.filter((call) => path === undefined || call === path).length >= count),
    stand: (count) => until(() => standing.size >= count),
    letGo,
    open(delay = 0) {
      opened = delay;
      letGo(standing.size);
    },
    close: () => peer.close(),
  };
}
