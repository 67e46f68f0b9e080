import { Module } from '@nestjs/common';
import { ToolRunner } from './tools/tool-runner.js';

/** Named things and tools: what workflows reach the world with. */
@Module({ providers: [ToolRunner], exports: [ToolRunner] })
export class IntegrationsModule {}
