import { applyDecorators, createParamDecorator, type ExecutionContext, UseInterceptors } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import { type Request } from 'express';
import { ApiProblems } from '../problems/api-problems.js';
import { limits } from '../limits.js';
import { idempotencyKeyOf, requestHash } from './idempotency-key.js';
import { IdempotencyInterceptor } from './idempotency.interceptor.js';

/**
 * A creating route that takes an `Idempotency-Key`. The handler runs inside one transaction, so it must be short and
 * touch nothing but the database. Not for routes whose answer shows a secret: the answer is stored as it is.
 */
export const Idempotent = () => applyDecorators(UseInterceptors(IdempotencyInterceptor), ApiIdempotencyKey());

/** Documents the header, for a route that sees to it itself with {@link IdempotencyClaimed}. */
export const ApiIdempotencyKey = () =>
  applyDecorators(
    ApiHeader({
      name: 'Idempotency-Key',
      required: false,
      description:
        'Any text of your choice, a UUID for example. The same request with the same key within 24 hours gets the first ' +
        'answer again, with `Idempotent-Replayed: true`; another request with that key gets 422.',
      schema: { type: 'string', minLength: 1, maxLength: limits.idempotencyKeyLength, pattern: '^[ -~]+$' },
    }),
    ApiProblems(422),
  );

/** What a request with an `Idempotency-Key` claims. */
export interface IdempotencyOfRequest {
  readonly key: string;
  readonly requestHash: Buffer;
}

/** The claim of the request, undefined without the header: for writes that have a transaction of their own. */
export const IdempotencyClaimed = createParamDecorator(
  (_data: unknown, context: ExecutionContext): IdempotencyOfRequest | undefined => {
    const request = context.switchToHttp().getRequest<Request>();
    const key = idempotencyKeyOf(request);
    if (key === undefined) return undefined;
    const { method, originalUrl: url, body } = request as Request & { body: unknown };
    return { key, requestHash: requestHash({ method, url, body }) };
  },
);
