import { type DynamicModule, Global, Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { CALLER_ID, type CallerId } from './idempotency/idempotency.interceptor.js';
import { CURSOR_KEY, CursorCodec } from './paging/cursor.js';
import { httpProblems } from './problems/http-problems.js';
import { ProblemCatalogue, type ProblemExplanations } from './problems/problem-catalogue.js';
import { ProblemFilter } from './problems/problem.filter.js';
import { ProblemsController } from './problems/problems.controller.js';

export interface HttpModuleOptions {
  /** The problem tables of the modules; those of this layer are always there. */
  problems?: readonly ProblemExplanations[];
  /** Signs cursors: at least 32 bytes, the same in all processes of an installation. */
  cursorKey: Buffer;
  /** Whose request it is: the internal id of the user. */
  callerId: CallerId;
}

/** The shared parts that need to be injected; `setUpHttp` has the rest. */
@Global()
@Module({})
export class HttpModule {
  static forRoot({ problems = [], cursorKey, callerId }: HttpModuleOptions): DynamicModule {
    return {
      module: HttpModule,
      controllers: [ProblemsController],
      providers: [
        { provide: CURSOR_KEY, useValue: cursorKey },
        { provide: CursorCodec, useFactory: (key: Buffer) => new CursorCodec(key), inject: [CURSOR_KEY] },
        { provide: CALLER_ID, useValue: callerId },
        { provide: ProblemCatalogue, useFactory: () => new ProblemCatalogue([httpProblems, ...problems]) },
        { provide: APP_FILTER, useClass: ProblemFilter },
      ],
      exports: [CursorCodec, CALLER_ID],
    };
  }
}
