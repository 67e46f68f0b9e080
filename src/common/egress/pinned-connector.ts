import type { LookupFunction } from 'node:net';
import { buildConnector } from 'undici';
import type { AllowedAddresses, TargetResolver } from './target-resolver.js';

/** Time to open a connection, TLS included, in milliseconds. */
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Opens sockets for undici, only to addresses that were judged. The TLS server name stays the host that was asked
 * for. A kept-alive connection needs no second judgement: undici pools by scheme, host and port, and the socket stays
 * with the address judged when it was opened.
 */
export function pinnedConnector(resolver: TargetResolver): buildConnector.connector {
  return (target, callback) => void openPinned(target, callback, resolver);
}

async function openPinned(
  target: buildConnector.Options,
  callback: buildConnector.Callback,
  resolver: TargetResolver,
): Promise<void> {
  try {
    const port = Number(target.port) || (target.protocol === 'https:' ? 443 : 80);
    const addresses = await resolver.resolve(target.hostname, port);
    connectTo(addresses)(target, callback);
  } catch (error) {
    callback(error as Error, null);
  }
}

// A connector for each connection, because the addresses belong to the connection. HTTP/2 is off: undici enforces the
// header limits for HTTP/1.1 only.
function connectTo(addresses: AllowedAddresses): buildConnector.connector {
  return buildConnector({ allowH2: false, timeout: CONNECT_TIMEOUT_MS, lookup: answerWith(addresses) });
}

/** A resolver for `net.connect` that knows one answer. */
export function answerWith(addresses: AllowedAddresses): LookupFunction {
  return (_host, options, callback) => {
    if (options.all) callback(null, [...addresses]);
    else callback(null, addresses[0].address, addresses[0].family);
  };
}
