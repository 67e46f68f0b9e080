import { DeliveryRefusedError } from '../../../common/webhooks/delivery.errors.js';
import { credentialsHeader } from '../../../common/webhooks/delivery-header.js';
import { defineScheme } from './define-scheme.js';
import { generatedSecret } from './scheme-secret.js';
import { sameText } from '../../../common/webhooks/signature.js';

type BasicOptions = { username: string };

const AUTHORIZATION = 'Authorization';
const CHALLENGE = 'Basic realm="Seer webhook", charset="UTF-8"';

/** RFC 7617, in UTF-8 (section 2.1). */
export const basic = defineScheme<BasicOptions>({
  key: 'basic',
  title: 'Basic authentication',
  description: 'The sender signs in with a user name; the secret is its password. It says nothing about the body.',
  options: {
    required: ['username'],
    properties: {
      username: {
        type: 'string',
        minLength: 1,
        maxLength: 100,
        pattern: '^[^:\\x00-\\x1f\\x7f]+$',
        description: 'User name, without colon and control characters (RFC 7617)',
      },
    },
  },
  secret: generatedSecret(/^[^\u0000-\u001f\u007f]{8,255}$/u, '8 to 255 characters, none of them a control character'),
  headers: () => [AUTHORIZATION.toLowerCase()],
  verify(delivery, { username }, secrets) {
    const given = /^Basic +([A-Za-z\d+/]+={0,2})$/i.exec(credentialsHeader(delivery, AUTHORIZATION, CHALLENGE))?.[1];
    if (given !== undefined && secrets.some((secret) => sameText(given, credentials(username, secret)))) return {};
    throw new DeliveryRefusedError(
      'delivery-credentials-invalid',
      'The user name or the password is wrong.',
      CHALLENGE,
    );
  },
});

function credentials(username: string, password: string): string {
  return Buffer.from(`${username}:${password}`, 'utf8').toString('base64');
}
