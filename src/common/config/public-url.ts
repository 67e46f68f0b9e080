import { type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { Environment } from './environment.js';

/** Where people reach this installation: for links that are sent out. */
@Injectable()
export class PublicUrl {
  constructor(
    private readonly environment: Environment,
    private readonly host: HttpAdapterHost,
  ) {}

  /** The absolute form of a path such as `/v1/approvals/…`. */
  of(path: string): string {
    return this.origin + path;
  }

  private get origin(): string {
    const { publicUrl, host, port } = this.environment;
    if (publicUrl) return publicUrl.replace(/\/$/, '');
    const address = (this.host.httpAdapter.getHttpServer() as Server).address() as AddressInfo | null;
    const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
    return `http://${name.includes(':') ? `[${name}]` : name}:${address?.port ?? port}`;
  }
}
