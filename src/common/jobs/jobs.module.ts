import { type DynamicModule, Global, Module } from '@nestjs/common';
import { type Job } from './define-job.js';
import { JOB_LIST, Jobs } from './jobs.service.js';

/** Background jobs for the whole application; the list is made of those of the modules. */
@Global()
@Module({})
export class JobsModule {
  static forRoot(jobs: readonly Job[]): DynamicModule {
    return {
      module: JobsModule,
      providers: [{ provide: JOB_LIST, useValue: jobs }, Jobs],
      exports: [Jobs],
    };
  }
}
