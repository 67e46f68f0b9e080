import { type Duplex } from 'node:stream';

/**
 * What a library throws while it handles what a server sent ends the connection, not the process: libraries trust servers
 * to keep to the protocol, and throw inside of event handlers, where nobody catches.
 */
export function containFaults<Stream extends Duplex>(stream: Stream): Stream {
  const emit = stream.emit.bind(stream);
  stream.emit = (event: string | symbol, ...values: unknown[]): boolean => {
    try {
      return emit(event, ...values);
    } catch (error) {
      stream.destroy(error as Error);
      return true;
    }
  };
  return stream;
}
