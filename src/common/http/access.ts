import { applyDecorators, type CustomDecorator, SetMetadata } from '@nestjs/common';
import { ApiSecurity } from '@nestjs/swagger';

/** Metadata key under which a route says who may call it; the guard refuses a route that says nothing. */
export const ACCESS = Symbol('access');

/** Who may call a route: everybody, callers with a scope, or any signed-in caller. The users module names the scopes. */
export type Access<Scope extends string = string> = { public: true } | { scope: Scope } | { anyone: true };

/** Sets who may call a route; the decorators that controllers use are made of it. */
export const Allow = <Scope extends string>(access: Access<Scope>): CustomDecorator<symbol> =>
  SetMetadata(ACCESS, access);

/** Anonymous visitors may call this route. */
export const Public = () => applyDecorators(Allow({ public: true }), ApiSecurity({}));
