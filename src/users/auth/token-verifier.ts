import { Injectable, Logger } from '@nestjs/common';
import { createRemoteJWKSet, customFetch, errors, type JWTPayload, jwtVerify, type JWTVerifyGetKey } from 'jose';
import { Environment } from '../../common/config/environment.js';
import { egressFetch } from '../../common/egress/egress-fetch.js';
import { EgressService } from '../../common/egress/egress.service.js';
import { emailOfToken, subjectOf } from '../identity.js';
import { UsersService } from '../users.service.js';
import { AccessNews } from './access-news.js';
import {
  CredentialsInvalidError,
  IdentityProviderNotConfiguredError,
  IdentityProviderUnavailableError,
} from './auth.errors.js';
import { ExpiringCache } from './expiring-cache.js';
import { type Principal } from './principal.js';
import { scopeNames, usableScopes } from './scopes.js';

/** Asymmetric signatures only: with HMAC, anybody who knows the public key could sign. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
const CLOCK_TOLERANCE_SECONDS = 30;

/** After a successful fetch of the keys, an unknown `kid` causes no other one for this long. */
const KEYS_COOLDOWN_MS = 30_000;
const KEYS_TIMEOUT_MS = 5_000;
const KEYS_BYTES = 1_048_576;
/** Shortest pause between two fetches of the keys, in seconds, also when they fail: nobody can hammer the provider through us. */
const KEYS_PAUSE_SECONDS = 5;

/** How long a process goes on with what it knows of a user's role, in milliseconds. */
const PRINCIPAL_TTL_MS = 5_000;
const PRINCIPAL_CAPACITY = 5_000;

/** What is the same for all tokens of somebody. */
type Person = Omit<Principal, 'expiresAt'>;

/**
 * Finds who a JWT of the configured identity provider speaks for. Signature and claims are checked on every use; keys
 * come from the provider's published set and nowhere else (`jku`, `jwk` and `x5u` of the token are not looked at).
 */
@Injectable()
export class TokenVerifier {
  private readonly people = new ExpiringCache<Person>({ capacity: PRINCIPAL_CAPACITY, ttlMs: PRINCIPAL_TTL_MS });
  private readonly trusted: { issuer: string; audience: string; keyFor: JWTVerifyGetKey } | undefined;

  constructor(
    { auth }: Environment,
    private readonly users: UsersService,
    private readonly news: AccessNews,
    egress: EgressService,
  ) {
    // By key hash nothing is known here.
    news.onChange((change) => change === 'users' && this.people.clear());
    const { issuer = '', audience = '', jwksUrl = '' } = auth ?? {};
    this.trusted = auth && { issuer, audience, keyFor: publishedKeys(jwksUrl, egress) };
  }

  /**
   * @throws CredentialsInvalidError for a token that is forged, expired, or meant for somebody else, or whose user is
   * deactivated.
   * @throws IdentityProviderNotConfiguredError where no provider is trusted.
   * @throws IdentityProviderUnavailableError when the provider's keys can't be had.
   */
  async authenticate(token: string): Promise<Principal> {
    if (!this.trusted) throw new IdentityProviderNotConfiguredError();
    const { issuer, audience, keyFor } = this.trusted;
    const { payload } = await jwtVerify(token, keyFor, {
      algorithms: ALGORITHMS,
      issuer,
      audience,
      requiredClaims: ['exp', 'sub'],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
    }).catch(refuseToken);
    const subject = subjectOf(payload.sub);
    if (!subject) throw new CredentialsInvalidError();
    const person = await this.personOf(issuer, subject, payload);
    return { ...person, expiresAt: (payload.exp! + CLOCK_TOLERANCE_SECONDS) * 1_000 };
  }

  private personOf(issuer: string, subject: string, payload: JWTPayload): Promise<Person> {
    const load = async (): Promise<Person> => {
      const email = emailOfToken(payload) ?? '';
      const { id, publicId, role } = await this.users.signIn({ issuer, userId: subject, email });
      const scopes = usableScopes(scopeNames, role);
      return { userId: id, publicId, subject, issuer, role, scopes, apiKeyId: null };
    };
    return this.news.listening ? this.people.getOrLoad(subject, load) : load();
  }
}

/** Keys of the provider by the `kid` and `alg` of a token, fetched when needed and kept for ten minutes. */
function publishedKeys(url: string, egress: EgressService): JWTVerifyGetKey {
  let nextFetch = 0;
  const fetch = egressFetch(egress, { timeoutMs: KEYS_TIMEOUT_MS, maxBytes: KEYS_BYTES });
  const log = new Logger(TokenVerifier.name);
  const keys = createRemoteJWKSet(new URL(url), {
    cooldownDuration: KEYS_COOLDOWN_MS,
    timeoutDuration: KEYS_TIMEOUT_MS,
    [customFetch]: async (address, options) => {
      if (performance.now() < nextFetch) throw new IdentityProviderUnavailableError(KEYS_PAUSE_SECONDS);
      nextFetch = performance.now() + KEYS_PAUSE_SECONDS * 1000;
      return fetch(address, options);
    },
  });
  return async (header, token) => {
    try {
      return await keys(header, token);
    } catch (error) {
      if (isFaultOfToken(error)) throw error;
      // An address that egress refuses, for example: only the operator can know, and mend it.
      if (!(error instanceof IdentityProviderUnavailableError)) {
        log.warn({ err: error }, `The keys of the identity provider could not be fetched from ${url}`);
      }
      throw new IdentityProviderUnavailableError(KEYS_PAUSE_SECONDS);
    }
  };
}

/** What the look-up of a key reports about the token; all else is about the provider or the way to it. */
function isFaultOfToken(error: unknown): boolean {
  return (
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSENotSupported
  );
}

function refuseToken(error: unknown): never {
  throw error instanceof errors.JOSEError ? new CredentialsInvalidError() : error;
}
