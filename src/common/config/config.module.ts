import { type DynamicModule, Global, Module } from '@nestjs/common';
import { Environment } from './environment.js';
import { PublicUrl } from './public-url.js';

/** Makes the validated configuration injectable everywhere. */
@Global()
@Module({})
export class ConfigModule {
  static forRoot(environment: Environment): DynamicModule {
    return {
      module: ConfigModule,
      providers: [{ provide: Environment, useValue: environment }, PublicUrl],
      exports: [Environment, PublicUrl],
    };
  }
}
