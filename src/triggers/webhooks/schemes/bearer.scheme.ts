import { DeliveryRefusedError } from '../../../common/webhooks/delivery.errors.js';
import { credentialsHeader } from '../../../common/webhooks/delivery-header.js';
import { defineScheme } from './define-scheme.js';
import { headerNameSchema } from './header-name-schema.js';
import { generatedSecret } from './scheme-secret.js';
import { sameText } from '../../../common/webhooks/signature.js';

type BearerOptions = { header?: string };

const AUTHORIZATION = 'Authorization';
const CHALLENGE = 'Bearer realm="Seer webhook"';

/** RFC 6750 section 2.1. The name of the scheme is in small letters or capitals (RFC 9110 section 11.1). */
export const bearer = defineScheme<BearerOptions>({
  key: 'bearer',
  title: 'Bearer token',
  description:
    'The secret comes with each delivery: `Authorization: Bearer <secret>`, or alone in a header of another name. It says ' +
    'nothing about the body.',
  options: {
    required: [],
    properties: {
      header: { ...headerNameSchema, default: AUTHORIZATION, description: 'Name of the header that holds the token' },
    },
  },
  secret: generatedSecret(/^[\x21-\x7e]{16,255}$/, '16 to 255 characters of ASCII, without spaces'),
  headers: ({ header = AUTHORIZATION }) => [header.toLowerCase()],
  verify(delivery, { header = AUTHORIZATION }, secrets) {
    const isAuthorization = header.toLowerCase() === AUTHORIZATION.toLowerCase();
    const given = credentialsHeader(delivery, header, isAuthorization ? CHALLENGE : undefined);
    const token = isAuthorization ? /^Bearer +([\x21-\x7e]+)$/i.exec(given)?.[1] : given;
    if (token !== undefined && secrets.some((secret) => sameText(token, secret))) return {};
    throw new DeliveryRefusedError(
      'delivery-credentials-invalid',
      `The header ${header} does not hold the right token.`,
      isAuthorization ? `${CHALLENGE}, error="invalid_token"` : undefined,
    );
  },
});
