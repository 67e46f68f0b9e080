import { DomainError } from '../common/errors.js';

export class ProviderNotFoundError extends DomainError {
  readonly code = 'provider-not-found';
  readonly kind = 'not-found';

  constructor(key: string, known: readonly string[]) {
    super(`There is no provider "${key}". There are: ${known.join(', ')}.`);
  }
}

/** Nobody has registered this installation with the provider. */
export class ProviderNotConfiguredError extends DomainError {
  readonly code = 'provider-not-configured';
  readonly kind = 'conflict';

  constructor(key: string) {
    const name = `SEER_OAUTH_${key.toUpperCase()}`;
    super(
      `This installation is not registered with ${key}. An operator sets ${name}_CLIENT_ID and ${name}_CLIENT_SECRET, or ` +
        `an administrator stores them with PUT /v1/admin/oauth-clients/${key}.`,
    );
  }
}

/** Unknown, or somebody else's: the two look the same. */
export class ConnectionNotFoundError extends DomainError {
  readonly code = 'connection-not-found';
  readonly kind = 'not-found';

  constructor(publicId: string) {
    super(`There is no connection ${publicId}.`);
  }
}

/** The provider refuses the tokens of a connection for good: its owner has to consent again. */
export class ConnectionNeedsReauthError extends DomainError {
  readonly code = 'connection-needs-reauth';
  readonly kind = 'conflict';
  override readonly extensions;

  constructor(publicId: string, provider: string, label: string, why: string) {
    super(`The connection ${publicId} (${provider}, ${label}) must be connected again: ${why}`);
    this.extensions = { connection_id: publicId };
  }
}

/** The provider could not be asked for a new token; nothing says that the connection is at fault. */
export class ConnectionUnavailableError extends DomainError {
  readonly code = 'connection-unavailable';
  readonly kind = 'unavailable';

  constructor(
    publicId: string,
    provider: string,
    why: string,
    override readonly retryAfter: number,
  ) {
    super(`The access token of ${publicId} ended and ${provider} gives no new one at the moment: ${why}`);
  }
}

/** Whoever comes back from a provider did not set out from here like that. One answer, whatever it is. */
export class AuthorizationStateInvalidError extends DomainError {
  readonly code = 'oauth-state-invalid';
  readonly kind = 'malformed';

  constructor() {
    super(
      'This authorization is not known here, was finished before, took longer than 10 minutes, or was begun in another ' +
        'browser. Nothing was stored. Begin again.',
    );
  }
}

/** The provider, or the person in front of it, said no. */
export class AuthorizationRefusedError extends DomainError {
  readonly code = 'oauth-authorization-refused';
  readonly kind = 'malformed';

  constructor(title: string, error: string) {
    super(
      error === 'access_denied'
        ? `${title} was not allowed to give Seer access. Nothing was stored.`
        : `${title} refused the authorization: ${error}. Nothing was stored.`,
    );
  }
}

/** The browser came back with something else than the provider's answer to this authorization. */
export class AuthorizationAnswerInvalidError extends DomainError {
  readonly code = 'oauth-answer-invalid';
  readonly kind = 'malformed';

  constructor(title: string) {
    super(`This is no answer of ${title} to this authorization. Nothing was stored. Begin again.`);
  }
}

/** The provider's answer can't be used. */
export class AuthorizationFailedError extends DomainError {
  readonly code = 'oauth-authorization-failed';
  readonly kind = 'unavailable';
  override readonly retryAfter = 10;

  constructor(title: string, why: string) {
    super(`${title} could not be connected: ${why} Nothing was stored.`);
  }
}

export class AccountMismatchError extends DomainError {
  readonly code = 'oauth-account-mismatch';
  readonly kind = 'conflict';

  constructor(publicId: string, expected: string, found: string) {
    super(
      `The connection ${publicId} belongs to the account ${expected}, but you signed in as ${found}. Sign in with ` +
        `${expected}, or connect ${found} as a connection of its own.`,
    );
  }
}

export class RedirectNotAllowedError extends DomainError {
  readonly code = 'redirect-not-allowed';
  readonly kind = 'invalid';
  override readonly faults;

  constructor(origins: readonly string[]) {
    const allowed = origins.length > 0 ? origins.join(', ') : 'none, as SEER_FRONTEND_ORIGINS is not set';
    super(`redirect_to must be an absolute URL of an origin that the operator allows. Allowed: ${allowed}.`);
    this.faults = [{ pointer: '/redirect_to', code: this.code, message: 'Not an allowed origin.' }];
  }
}

export class ConnectLinkInvalidError extends DomainError {
  readonly code = 'connect-link-invalid';
  readonly kind = 'not-found';

  constructor() {
    super('This link is not valid, or not any more. Ask for a new one.');
  }
}

export class ScopeUnusableError extends DomainError {
  readonly code = 'oauth-scope-invalid';
  readonly kind = 'invalid';
  override readonly faults;

  constructor(scope: string) {
    super(`"${scope}" can't be a scope: RFC 6749 allows printable ASCII without space, quote and backslash.`);
    this.faults = [{ pointer: '/scopes', code: this.code, message: `"${scope}" can't be a scope.` }];
  }
}
