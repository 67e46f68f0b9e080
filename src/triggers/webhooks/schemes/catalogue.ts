import { basic } from './basic.scheme.js';
import { bearer } from './bearer.scheme.js';
import { type VerificationScheme } from './define-scheme.js';
import { github } from './github.scheme.js';
import { hmacSha256Scheme } from './hmac-sha256.scheme.js';
import { none } from './none.scheme.js';
import { slack } from './slack.scheme.js';
import { standardWebhooks } from './standard-webhooks.scheme.js';
import { stripe } from './stripe.scheme.js';

/** Every way to verify webhooks; a new one is a file beside this one and a line here. */
export const verificationSchemes: readonly VerificationScheme[] = [
  standardWebhooks,
  hmacSha256Scheme,
  github,
  stripe,
  slack,
  bearer,
  basic,
  none,
];

/** Schemes by key. */
export type VerificationSchemeCatalogue = ReadonlyMap<string, VerificationScheme>;

export const verificationSchemeCatalogue: VerificationSchemeCatalogue = new Map(
  verificationSchemes.map((scheme) => [scheme.key, scheme]),
);
