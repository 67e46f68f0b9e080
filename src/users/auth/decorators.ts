import {
  applyDecorators,
  createParamDecorator,
  type ExecutionContext,
  SetMetadata,
  UseInterceptors,
} from '@nestjs/common';
import { ApiBearerAuth, ApiExtension } from '@nestjs/swagger';
import { ACCESS, type Access } from '../../common/http/access.js';
import { AdminAuditInterceptor } from './admin-audit.interceptor.js';
import { type Principal, principalOf } from './principal.js';
import { type ScopeName } from './scopes.js';

/** Callers need this scope. Without it: 403 that names the scope. Each call with `admin` goes to the audit. */
export const RequireScope = (scope: ScopeName) =>
  applyDecorators(
    SetMetadata(ACCESS, { scope } satisfies Access<ScopeName>),
    ApiBearerAuth(),
    ApiExtension('x-required-scope', scope),
    ...(scope === 'admin' ? [UseInterceptors(AdminAuditInterceptor)] : []),
  );

/** Any signed-in caller, whatever the scopes: for `GET /v1/me`. */
export const SignedIn = () => applyDecorators(SetMetadata(ACCESS, { anyone: true } satisfies Access), ApiBearerAuth());

/** The caller, as the guard found it: `@Caller() caller: Principal`. */
export const Caller = createParamDecorator((_data: unknown, context: ExecutionContext): Principal =>
  principalOf(context.switchToHttp().getRequest()),
);
