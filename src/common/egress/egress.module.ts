import { Global, Module } from '@nestjs/common';
import { Environment } from '../config/environment.js';
import { Database } from '../database/open-database.js';
import { parseAllowList } from './allow-list.js';
import { EGRESS_OPTIONS, EgressService } from './egress.service.js';
import { type EgressOptions } from './egress.types.js';

/** The one way out of the process. */
@Global()
@Module({
  providers: [
    {
      provide: EGRESS_OPTIONS,
      inject: [Environment, Database],
      useFactory: (environment: Environment, database: Database): EgressOptions => ({
        allow: parseAllowList(environment.egressAllow),
        // A newcomer's first workflow may well call something on the same machine.
        allowLoopback: environment.embedded,
        ownPorts: new Set([environment.port, environment.metrics.port ?? 0, database.port].filter((port) => port > 0)),
        ...(database.host && { ownDatabase: { host: database.host, port: database.port } }),
      }),
    },
    EgressService,
  ],
  exports: [EgressService],
})
export class EgressModule {}
