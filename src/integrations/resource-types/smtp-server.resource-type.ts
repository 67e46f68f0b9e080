import { resourceOf } from '../credentials/access.js';
import { type SmtpMetadata, withSmtp } from '../tools/email/smtp-client.js';
import { defineResourceType } from './define-resource-type.js';
import { caSchema, hostSchema, portSchema } from './host-schema.js';

export const smtpServer = defineResourceType<SmtpMetadata>({
  key: 'smtp_server',
  title: 'Mail server',
  description:
    'A server that takes mail by SMTP, for `email.send`. With `username`, the secret `password` signs in; it goes to `host` ' +
    'and `port` only.',
  provider: 'smtp',
  metadata: {
    type: 'object',
    additionalProperties: false,
    required: ['host'],
    properties: {
      host: hostSchema,
      port: { ...portSchema, default: 587 },
      tls: {
        enum: ['starttls', 'implicit', 'disable'],
        default: 'starttls',
        description:
          '`starttls` (port 587): begins in the clear and must then be encrypted; `implicit` (port 465): encrypted from the ' +
          'begin; `disable`: never encrypted. Certificates are always verified.',
      },
      username: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[^\\x00-\\x1f\\x7f]+$' },
      from: { type: 'string', minLength: 3, maxLength: 500, description: 'Sender where a node names none.' },
      ca: caSchema,
    },
  },
  secrets: { type: 'object', additionalProperties: false, properties: { password: { type: 'string' } } },
  example: {
    metadata: { host: 'smtp.example.com', username: 'shop', from: 'Shop <shop@example.com>' },
    secrets: { password: 'correct horse battery staple' },
  },
  targets: ({ host, port }) => [`${host}:${port}`],
  async test(access) {
    const { host, port, tls, username } = resourceOf(access).metadata as SmtpMetadata;
    await withSmtp(access, (transport) => transport.verify());
    const who = username === undefined ? 'without signing in' : `as ${username}`;
    return `${host}:${port} takes mail, ${who}${tls === 'disable' ? ', not encrypted' : ', encrypted'}.`;
  },
});
