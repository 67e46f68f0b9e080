import type { LookupAddress } from 'node:dns';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Agent } from 'undici';
import { collect } from './collecting-buffer.js';
import type { EgressOptions, EgressRequest, EgressResponse, EgressStream } from './egress.types.js';
import { openExchange } from './http-exchange.js';
import { pinnedConnector } from './pinned-connector.js';
import { resolveTarget } from './resolve-target.js';
import { MAX_HEADER_BYTES } from './transport-errors.js';

/** Nest injection token of {@link EgressOptions}. */
export const EGRESS_OPTIONS = Symbol('EGRESS_OPTIONS');

const MAX_CONNECTIONS_PER_ORIGIN = 128;

/** The one client through which every outbound request leaves; `address-policy.ts` says where requests may go. */
@Injectable()
export class EgressService implements OnApplicationShutdown {
  private readonly agent: Agent;

  constructor(@Inject(EGRESS_OPTIONS) private readonly options: EgressOptions) {
    this.agent = new Agent({
      connect: pinnedConnector(options),
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
    return openExchange(this.agent, request);
  }

  /**
   * Judges a host that is reached by another protocol, such as a database or a mail server.
   *
   * @returns the address to connect to: resolving the name again would undo the check. TLS still verifies the name.
   * @throws EgressDeniedError when no address of the host is allowed
   * @throws EgressDnsFailureError when it has none
   */
  async checkHost(host: string, port: number): Promise<LookupAddress> {
    const [address] = await resolveTarget(host, port, this.options);
    return address;
  }

  /** The last hook of a shutdown: runs that are still draining can send their requests until then. */
  async onApplicationShutdown(): Promise<void> {
    await this.agent.destroy();
  }
}
