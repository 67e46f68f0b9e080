import { EntityManager } from '@mikro-orm/postgresql';
import { type CallHandler, type ExecutionContext, Inject, Injectable, type NestInterceptor } from '@nestjs/common';
import { type Request, type Response } from 'express';
import { lastValueFrom, type Observable, of } from 'rxjs';
import { idempotencyKeyOf, requestHash } from './idempotency-key.js';
import { claimOrFind, type StoredAnswer, storeAnswer } from './idempotency-store.js';

/** DI token of the function that tells whose request it is: the internal id of the user. */
export const CALLER_ID = Symbol('caller id');
export type CallerId = (request: Request) => string;

/**
 * Runs a creating route at most once for each `Idempotency-Key`: key, handler and answer share one transaction, which
 * reaches the handler's entity managers through MikroORM's context. A crash or an error leaves nothing behind, neither
 * what the handler wrote nor the key.
 */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  constructor(
    private readonly em: EntityManager,
    @Inject(CALLER_ID) private readonly callerId: CallerId,
  ) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const request = context.switchToHttp().getRequest<Request>();
    const response = context.switchToHttp().getResponse<Response>();
    const key = idempotencyKeyOf(request);
    if (key === undefined) return next.handle();
    const { method, originalUrl: url, body } = request;
    const claim = { userId: this.callerId(request), key, requestHash: requestHash({ method, url, body }) };
    const answer = await this.em.transactional(async (em) => {
      const found = await claimOrFind(em, claim);
      if (found) return replay(response, found);
      const made: unknown = await lastValueFrom(next.handle(), { defaultValue: undefined });
      await storeAnswer(em, claim, answerOf(response, made));
      return made;
    });
    return of(answer);
  }
}

function answerOf(response: Response, body: unknown): StoredAnswer {
  const location = response.getHeader('Location');
  return {
    status: response.statusCode,
    location: typeof location === 'string' ? location : null,
    body: JSON.stringify(body) ?? null,
  };
}

function replay(response: Response, { status, location, body }: StoredAnswer): unknown {
  response.status(status);
  response.setHeader('Idempotent-Replayed', 'true');
  if (location !== null) response.setHeader('Location', location);
  return body === null ? undefined : JSON.parse(body);
}
