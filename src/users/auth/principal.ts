import { type Request } from 'express';
import { type UserRole } from '../user.entity.js';
import { type ScopeName } from './scopes.js';

/** Who is asking: the result of authentication, small enough to be cached and handed on to services. */
export interface Principal {
  /** Internal id of the user (bigint as text): the owner of everything they make. */
  readonly userId: string;
  /** The uuid of their public id. */
  readonly publicId: string;
  /** Who they are at the identity provider. */
  readonly subject: string;
  readonly issuer: string;
  readonly role: UserRole;
  readonly scopes: ReadonlySet<ScopeName>;
  /** The uuid of the API key that proves it; null: a token of the identity provider does. */
  readonly apiKeyId: string | null;
  /** Until when that is good, in milliseconds since the epoch; `Infinity`: until it is revoked. */
  readonly expiresAt: number;
}

const principals = new WeakMap<Request, Principal>();

export function rememberPrincipal(request: Request, principal: Principal): void {
  principals.set(request, principal);
}

/** Who makes a request; undefined on a public route, and before the guard has let it through. */
export function knownPrincipal(request: Request): Principal | undefined {
  return principals.get(request);
}

/** @throws Error on a public route, where there is no caller: a mistake in the route, not of the caller. */
export function principalOf(request: Request): Principal {
  const principal = principals.get(request);
  if (!principal) throw new Error(`${request.method} ${request.path} asks for its caller, but is public`);
  return principal;
}
