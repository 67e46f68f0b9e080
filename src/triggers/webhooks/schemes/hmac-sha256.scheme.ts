import { signatureHeader } from '../../../common/webhooks/delivery-header.js';
import { defineScheme } from './define-scheme.js';
import { headerNameSchema } from './header-name-schema.js';
import { signingKey } from './scheme-secret.js';
import { hmacSha256, sameText, signatureInvalid } from '../../../common/webhooks/signature.js';

type HmacOptions = {
  header: string;
  encoding?: keyof typeof spellings;
  /** What stands before the digest. */
  prefix?: string;
};

/**
 * How senders write a digest (RFC 4648): hex in small letters or in capitals but not mixed, base64 with its padding,
 * base64url with it or without.
 */
const spellings = {
  hex: (digest: Buffer) => [digest.toString('hex'), digest.toString('hex').toUpperCase()],
  base64: (digest: Buffer) => [digest.toString('base64')],
  base64url: (digest: Buffer) => [digest.toString('base64url'), `${digest.toString('base64url')}=`],
};

export const hmacSha256Scheme = defineScheme<HmacOptions>({
  key: 'hmac_sha256',
  title: 'HMAC-SHA256 of the body',
  description:
    'A header holds the HMAC-SHA256 (RFC 2104) of the body under the shared secret, as most senders sign. It does not ' +
    'cover the time: somebody who records a delivery can send it again.',
  options: {
    required: ['header'],
    properties: {
      header: headerNameSchema,
      encoding: { enum: Object.keys(spellings), default: 'hex', description: 'How the digest is written' },
      prefix: {
        type: 'string',
        maxLength: 50,
        pattern: '^([\\x21-\\x7e][\\x20-\\x7e]*)?$',
        default: '',
        description: 'What stands before the digest in the header, such as "sha256="',
      },
    },
  },
  secret: signingKey,
  headers: ({ header }) => [header.toLowerCase()],
  verify(delivery, { header, encoding = 'hex', prefix = '' }, secrets) {
    const given = signatureHeader(delivery, header);
    const genuine = secrets.some((secret) =>
      spellings[encoding](hmacSha256(secret, delivery.body)).some((digest) => sameText(given, prefix + digest)),
    );
    if (!genuine) throw signatureInvalid(header);
    return {};
  },
});
