import { EntityManager } from '@mikro-orm/postgresql';
import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { type Request } from 'express';
import { type Observable } from 'rxjs';
import { Audit } from '../../common/audit/audit.js';
import { pathToLog } from '../../common/logging.js';
import { kindOfPublicId, parsePublicId } from '../../common/public-id.js';

/**
 * Records each call of an administrator's route, reads as well. Before anything is done: a call that can't be recorded does
 * nothing and fails, and one that fails is recorded all the same. The query is left out, as in the log: a careless caller
 * may have put a secret there.
 */
@Injectable()
export class AdminAuditInterceptor implements NestInterceptor {
  constructor(
    private readonly em: EntityManager,
    private readonly audit: Audit,
  ) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const { method, originalUrl, params } = context.switchToHttp().getRequest<Request<{ id?: string }>>();
    const { id = '' } = params;
    await this.audit.record(this.em.fork(), {
      action: `admin.${context.getHandler().name}`,
      object: kindOfPublicId(id) && id,
      owner: parsePublicId('user', id) ?? null,
      details: { method, path: pathToLog(originalUrl) },
    });
    return next.handle();
  }
}
