import { type DynamicModule, Global, Module } from '@nestjs/common';
import { Audit, AUDIT_SOURCE, type AuditSource } from './audit.js';

/** The audit, for the whole application. */
@Global()
@Module({})
export class AuditModule {
  static forRoot(source: AuditSource): DynamicModule {
    return {
      module: AuditModule,
      providers: [{ provide: AUDIT_SOURCE, useValue: source }, Audit],
      exports: [Audit],
    };
  }
}
