import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { type Request } from 'express';
import { ACCESS, type Access } from '../../common/http/access.js';
import { Environment } from '../../common/config/environment.js';
import { actFor } from '../../common/http/acting-owner.js';
import { RateLimit } from '../../common/http/rate-limit.js';
import { ApiKeyAuthenticator } from './api-key-authenticator.js';
import { AccessUndeclaredError, ScopeMissingError } from './auth.errors.js';
import { bearerToken, isJwt } from './bearer-token.js';
import { type Principal, rememberPrincipal } from './principal.js';
import { type ScopeName } from './scopes.js';
import { TokenVerifier } from './token-verifier.js';

/**
 * Stands before every route and lets nobody in that the route does not name. A guard, not a middleware: it runs after
 * routing, so another spelling of the path or HEAD instead of GET can't lead around it.
 */
@Injectable()
export class AuthGuard implements CanActivate {
  /** By user: else whoever makes keys could ask more often. A program that runs wild leaves them their tokens. */
  private readonly limits: { readonly keys: RateLimit; readonly tokens: RateLimit };

  constructor(
    private readonly reflector: Reflector,
    private readonly apiKeys: ApiKeyAuthenticator,
    private readonly tokens: TokenVerifier,
    environment: Environment,
  ) {
    const limit = environment.requestsPerCredential;
    this.limits = {
      keys: new RateLimit(limit, 'with the API keys of this user'),
      tokens: new RateLimit(limit, 'with the tokens of this user'),
    };
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<Request>();
    const access = this.reflector.getAllAndOverride<Access<ScopeName> | undefined>(ACCESS, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (!access) throw new AccessUndeclaredError(`${request.method} ${request.path}`);
    if ('public' in access) return true;
    const principal = await this.authenticate(request.headers.authorization);
    const { keys, tokens } = this.limits;
    (principal.apiKeyId === null ? tokens : keys).take(principal.userId, context.switchToHttp().getResponse());
    if ('scope' in access && !principal.scopes.has(access.scope)) throw new ScopeMissingError(access.scope);
    rememberPrincipal(request, principal);
    // Administrators look at everybody's rows.
    if (!('scope' in access) || access.scope !== 'admin') actFor(request, principal.userId);
    return true;
  }

  private authenticate(authorization: string | undefined): Promise<Principal> {
    const token = bearerToken(authorization);
    return isJwt(token) ? this.tokens.authenticate(token) : this.apiKeys.authenticate(token);
  }
}
