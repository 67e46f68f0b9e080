import type { Socket } from 'node:net';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Agent } from 'undici';
import { collect } from './collecting-buffer.js';
import type { EgressConnection, EgressOptions, EgressRequest, EgressResponse, EgressStream } from './egress.types.js';
import { openExchange } from './http-exchange.js';
import { observeConnection, observeRequest } from './observe-egress.js';
import { pinnedConnector } from './pinned-connector.js';
import { TargetResolver } from './target-resolver.js';
import { openConnection } from './tcp-connection.js';
import { MAX_HEADER_BYTES } from './transport-errors.js';

/** Nest injection token of {@link EgressOptions}. */
export const EGRESS_OPTIONS = Symbol('EGRESS_OPTIONS');

const MAX_CONNECTIONS_PER_ORIGIN = 128;

/** The one client through which every outbound request leaves; `address-policy.ts` says where requests may go. */
@Injectable()
export class EgressService implements OnApplicationShutdown {
  private readonly agent: Agent;
  private readonly resolver: TargetResolver;
  private readonly sockets = new Set<Socket>();

  constructor(@Inject(EGRESS_OPTIONS) options: EgressOptions) {
    this.resolver = new TargetResolver(options);
    this.agent = new Agent({
      connect: pinnedConnector(this.resolver),
      connections: MAX_CONNECTIONS_PER_ORIGIN,
      maxHeaderSize: MAX_HEADER_BYTES,
      // One clock, the request's own, covers headers and body.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  /**
   * Sends a request and reads the whole response. A response of any status is a result, not an error.
   *
   * @throws EgressError for every failure; when the caller aborts, the signal's reason
   */
  async request(request: EgressRequest): Promise<EgressResponse> {
    const { body, ...head } = await this.open(request);
    return { ...head, body: await collect(body) };
  }

  /**
   * Sends a request and resolves as soon as the headers of its response, after redirects, are there. All limits of the
   * request hold for the body too, until its end: read it to there, or destroy it.
   *
   * @throws EgressError for every failure, as reading the body does; when the caller aborts, the signal's reason
   */
  open(request: EgressRequest): Promise<EgressStream> {
    return observeRequest(request, () => openExchange(this.agent, request));
  }

  /**
   * Opens a TCP connection for another protocol, such as a database's or a mail server's. TLS above it verifies the
   * name. It is bounded: past `maxBytes` it fails with EgressResponseTooLargeError, below TLS a little later.
   *
   * @throws EgressError when it can't be made; when the caller aborts, the signal's reason
   */
  async connect(request: EgressConnection): Promise<Socket> {
    const socket = await observeConnection(() => openConnection(request, this.resolver));
    this.sockets.add(socket);
    socket.once('close', () => this.sockets.delete(socket));
    return socket;
  }

  /** The last hook of a shutdown: runs that are still draining can send their requests until then. */
  async onApplicationShutdown(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await this.agent.destroy();
  }
}
