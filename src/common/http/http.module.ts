import { type DynamicModule, type FactoryProvider, Global, Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { CALLER_ID, type CallerId } from './idempotency/idempotency.interceptor.js';
import { CursorCodec, type CursorKey } from './paging/cursor.js';
import { httpProblems } from './problems/http-problems.js';
import { ProblemCatalogue, type ProblemExplanations } from './problems/problem-catalogue.js';
import { ProblemFilter } from './problems/problem.filter.js';
import { ProblemsController } from './problems/problems.controller.js';

const CURSOR_KEY = Symbol('cursor key');

export interface HttpModuleOptions {
  /** The problem tables of the modules; those of this layer are always there. */
  problems?: readonly ProblemExplanations[];
  /** Makes the {@link CursorKey}. */
  cursorKey: Pick<FactoryProvider<CursorKey>, 'inject' | 'useFactory'>;
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
        { provide: CURSOR_KEY, ...cursorKey },
        { provide: CursorCodec, useFactory: (key: CursorKey) => new CursorCodec(key), inject: [CURSOR_KEY] },
        { provide: CALLER_ID, useValue: callerId },
        { provide: ProblemCatalogue, useFactory: () => new ProblemCatalogue([httpProblems, ...problems]) },
        { provide: APP_FILTER, useClass: ProblemFilter },
      ],
      exports: [CursorCodec, CALLER_ID, ProblemCatalogue],
    };
  }
}
