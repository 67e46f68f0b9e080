import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { Reflector } from '@nestjs/core';
import { readEnvironment } from '../../common/config/read-environment.js';
import { Public } from '../../common/http/access.js';
import { type ApiKeyAuthenticator } from './api-key-authenticator.js';
import { AccessUndeclaredError } from './auth.errors.js';
import { AuthGuard } from './auth.guard.js';
import { type TokenVerifier } from './token-verifier.js';

class Routes {
  @Public()
  open(): void {}

  forgotten(): void {}
}

/** What the guard decides about a route without asking who calls; with credentials: test/auth.e2e-spec.ts. */
describe('AuthGuard', () => {
  const nobody = {} as ApiKeyAuthenticator & TokenVerifier;
  const guard = new AuthGuard(new Reflector(), nobody, nobody, readEnvironment({}));
  const call = (route: 'open' | 'forgotten') => {
    const request = { method: 'GET', path: `/${route}`, headers: { authorization: 'Bearer sk_anything' } };
    return guard.canActivate(new ExecutionContextHost([request], Routes, Routes.prototype[route]));
  };

  it('lets everybody call a public route', async () => {
    await expect(call('open')).resolves.toBe(true);
  });

  it('closes a route that does not say who may call it', async () => {
    await expect(call('forgotten')).rejects.toThrow(AccessUndeclaredError);
  });
});
