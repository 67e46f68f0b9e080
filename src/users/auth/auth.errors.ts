import { DomainError } from '../../common/errors.js';
import { type ScopeName } from './scopes.js';

/** Their challenges are those of RFC 6750, section 3. */
export class CredentialsMissingError extends DomainError {
  readonly code = 'credentials-missing';
  readonly kind = 'unauthenticated';
  override readonly challenge = 'Bearer';

  constructor() {
    super('This needs credentials: send an API key or a JWT in the header "Authorization: Bearer <credential>".');
  }
}

/** One message for every cause, so that nobody learns whether a credential ever existed. */
export class CredentialsInvalidError extends DomainError {
  readonly code = 'credentials-invalid';
  readonly kind = 'unauthenticated';
  override readonly challenge = 'Bearer error="invalid_token"';

  constructor() {
    super('The credentials are not valid: they are unknown, malformed, revoked or expired.');
  }
}

/** A JWT was sent to an installation that trusts no identity provider. */
export class IdentityProviderNotConfiguredError extends DomainError {
  readonly code = 'identity-provider-not-configured';
  readonly kind = 'unauthenticated';
  override readonly challenge = 'Bearer error="invalid_token"';

  constructor() {
    super('This Seer accepts API keys only, not JWTs: its operator has not set SEER_AUTH_ISSUER.');
  }
}

/** The keys that JWTs are checked with can't be had, so nobody can say whether this one is valid. */
export class IdentityProviderUnavailableError extends DomainError {
  readonly code = 'identity-provider-unavailable';
  readonly kind = 'unavailable';

  constructor(override readonly retryAfter: number) {
    super(`The keys of the identity provider can't be read right now. Try again in ${retryAfter} seconds.`);
  }
}

export class ScopeMissingError extends DomainError {
  readonly code = 'scope-missing';
  readonly kind = 'forbidden';
  override readonly challenge: string;

  constructor(scope: ScopeName) {
    super(`This needs the scope "${scope}", which your credentials do not have.`);
    this.challenge = `Bearer error="insufficient_scope", scope="${scope}"`;
  }
}

/** A route says nothing about its access. The start refuses such a route; this is for one that slipped through. */
export class AccessUndeclaredError extends DomainError {
  readonly code = 'access-undeclared';
  readonly kind = 'forbidden';

  constructor(route: string) {
    super(`${route} is closed: it does not say who may call it.`);
  }
}
