import { type DynamicModule, Global, Module } from '@nestjs/common';
import { ScopesController } from './scopes.controller.js';
import { TOOL_CATALOGUE, type ToolCatalogue } from './tools/catalogue.js';
import { ToolRunner } from './tools/tool-runner.js';

/** Named things and tools: what workflows reach the world with. */
@Global()
@Module({})
export class IntegrationsModule {
  static forRoot(tools: ToolCatalogue): DynamicModule {
    return {
      module: IntegrationsModule,
      controllers: [ScopesController],
      providers: [{ provide: TOOL_CATALOGUE, useValue: tools }, ToolRunner],
      exports: [TOOL_CATALOGUE, ToolRunner],
    };
  }
}
