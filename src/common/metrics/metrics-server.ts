import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Environment } from '../config/environment.js';
import { ConfigurationError } from '../config/read-environment.js';
import { registry } from './define-metric.js';
import { countProcess } from './process-metrics.js';

/** `GET /metrics` on a port of its own, for Prometheus, in every role. Without `SEER_METRICS_PORT` there is none, nor in an observer. */
@Injectable()
export class MetricsServer implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly log = new Logger(MetricsServer.name);
  private server: Server | undefined;

  constructor(private readonly environment: Environment) {
    if (!environment.isObserver) countProcess(environment.role);
  }

  /** Where it listens. */
  get url(): string | undefined {
    if (!this.server) return undefined;
    const { address, family, port } = this.server.address() as AddressInfo;
    return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}/metrics`;
  }

  /** @throws ConfigurationError when the port is taken */
  async onApplicationBootstrap(): Promise<void> {
    const { port, host } = this.environment.metrics;
    if (port === undefined || this.environment.isObserver) return;
    const server = createServer((request, response) => void this.answer(request, response));
    try {
      server.listen(port, host);
      await once(server, 'listening');
    } catch (error) {
      throw new ConfigurationError(`SEER_METRICS_PORT ${port} on ${host} can't be used: ${(error as Error).message}`);
    }
    server.on('error', (error) => this.log.error({ err: error }, 'The metrics could not be asked for'));
    this.server = server;
    this.log.log(`Metrics at ${this.url}`);
  }

  async onApplicationShutdown(): Promise<void> {
    if (!this.server) return;
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.resume();
    const isKnown = request.url?.split('?', 1)[0] === '/metrics';
    if (!isKnown || (request.method !== 'GET' && request.method !== 'HEAD')) {
      response.writeHead(isKnown ? 405 : 404, { 'Content-Type': 'text/plain' }).end();
      return;
    }
    try {
      const text = await registry.metrics();
      response.writeHead(200, { 'Content-Type': registry.contentType, 'Cache-Control': 'no-store' }).end(text);
    } catch (error) {
      this.log.error({ err: error }, 'The metrics could not be told');
      response.writeHead(500).end();
    }
  }
}
