import { createHmac } from 'node:crypto';
import { sign as signForGithub } from '@octokit/webhooks-methods';
import { Webhook } from 'standardwebhooks';
import { Stripe } from 'stripe';
import { Webhook as SvixWebhook } from 'svix';
import { type JsonObject } from '../../../common/json.js';
import { type Delivery } from '../../../common/webhooks/delivery.js';
import { verificationSchemeCatalogue } from './catalogue.js';
import { type VerificationScheme } from './define-scheme.js';
import { type Random } from './random.spec-helper.js';

export const now = 1_790_000_000_500;
export const nowSeconds = Math.floor(now / 1000);

/** A sender as its provider makes it: signed by the provider's own package, or as its documentation says. */
export interface Sender {
  readonly name: string;
  readonly scheme: VerificationScheme;
  readonly options: JsonObject;
  newSecret(random: Random): string;
  /** Headers by their names in lower case. */
  sign(body: Buffer, secret: string, seconds: number, random: Random): Promise<Record<string, string>>;
  /** The header with the signature or the credentials. */
  readonly signature: string;
  /** The headers that the signature covers. */
  readonly covers: readonly string[];
  readonly timestamp?: string;
  /** The same text for headers that may be written in either way. */
  spelled?(value: string): string;
  /** It says nothing about the body. */
  readonly ignoresBody?: true;
  /** The sender's own id of the event, where there is one; `body` where it is in there. */
  readonly id?: string;
  readonly bodies: { readonly empty: boolean; readonly binary: boolean };
}

export function deliveryOf(headers: Record<string, string>, body: Buffer, repeated: string[] = []): Delivery {
  return { method: 'POST', headers, repeated: new Set(repeated), query: {}, body };
}

function schemeOf(key: string): VerificationScheme {
  const scheme = verificationSchemeCatalogue.get(key);
  if (scheme === undefined) throw new Error(key);
  return scheme;
}

const whsec = (random: Random): string => `whsec_${random.bytes(24 + random.below(41)).toString('base64')}`;
const anyText = { empty: true, binary: false };
const anyBytes = { empty: true, binary: true };

const standard: Sender = {
  name: 'standard_webhooks, by standardwebhooks',
  scheme: schemeOf('standard_webhooks'),
  options: {},
  newSecret: whsec,
  async sign(body, secret, seconds, random) {
    const id = `msg_${random.letters(27)}`;
    const signature = new Webhook(secret).sign(id, new Date(seconds * 1000), body);
    return { 'webhook-id': id, 'webhook-timestamp': String(seconds), 'webhook-signature': signature };
  },
  signature: 'webhook-signature',
  covers: ['webhook-id', 'webhook-timestamp'],
  timestamp: 'webhook-timestamp',
  id: 'webhook-id',
  bodies: anyText,
};

const svix: Sender = {
  ...standard,
  name: 'standard_webhooks, by svix',
  async sign(body, secret, seconds, random) {
    const id = `msg_${random.letters(27)}`;
    const signature = new SvixWebhook(secret).sign(id, new Date(seconds * 1000), body);
    return { 'svix-id': id, 'svix-timestamp': String(seconds), 'svix-signature': signature };
  },
  signature: 'svix-signature',
  covers: ['svix-id', 'svix-timestamp'],
  timestamp: 'svix-timestamp',
  id: 'svix-id',
};

const github: Sender = {
  name: 'github, by @octokit/webhooks-methods',
  scheme: schemeOf('github'),
  options: {},
  newSecret: (random) => random.letters(32),
  async sign(body, secret, _seconds, random) {
    const signature = await signForGithub(secret, body.toString('utf8'));
    return { 'x-hub-signature-256': signature, 'x-github-delivery': random.bytes(16).toString('hex') };
  },
  signature: 'x-hub-signature-256',
  covers: [],
  bodies: { empty: false, binary: false },
};

const stripe: Sender = {
  name: 'stripe, by stripe',
  scheme: schemeOf('stripe'),
  options: {},
  newSecret: (random) => `whsec_${random.letters(32)}`,
  async sign(body, secret, timestamp) {
    const payload = body.toString('utf8');
    return { 'stripe-signature': Stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp }) };
  },
  signature: 'stripe-signature',
  covers: [],
  id: 'body',
  bodies: anyText,
};

/** As https://docs.slack.dev/authentication/verifying-requests-from-slack says, step by step. */
const slack: Sender = {
  name: 'slack, as documented',
  scheme: schemeOf('slack'),
  options: {},
  newSecret: (random) => random.bytes(16).toString('hex'),
  async sign(body, secret, seconds) {
    const basestring = Buffer.concat([Buffer.from(`v0:${seconds}:`), body]);
    const digest = createHmac('sha256', secret).update(basestring).digest('hex');
    return { 'x-slack-signature': `v0=${digest}`, 'x-slack-request-timestamp': String(seconds) };
  },
  signature: 'x-slack-signature',
  covers: ['x-slack-request-timestamp'],
  timestamp: 'x-slack-request-timestamp',
  bodies: anyBytes,
};

function hmac(encoding: 'hex' | 'base64' | 'base64url', prefix: string): Sender {
  return {
    name: `hmac_sha256 in ${encoding}`,
    scheme: schemeOf('hmac_sha256'),
    options: { header: 'X-Signature', encoding, ...(prefix === '' ? {} : { prefix }) },
    newSecret: (random) => `key ${random.letters(20)} ü`,
    sign: async (body, secret) => ({
      'x-signature': `${prefix}${createHmac('sha256', secret).update(body).digest(encoding)}`,
    }),
    signature: 'x-signature',
    covers: [],
    // With padding or without.
    spelled: (value) => (encoding === 'base64url' ? value.replace(/=$/, '') : value),
    bodies: anyBytes,
  };
}

/** The name of the scheme may be in any case (RFC 9110 section 11.1), with several spaces after it. */
const anyCase = (value: string): string =>
  value.replace(/^(basic|bearer) +/i, (name) => `${name.trim().toLowerCase()} `);

const bearer: Sender = {
  name: 'bearer',
  scheme: schemeOf('bearer'),
  options: {},
  newSecret: (random) => random.letters(43),
  sign: async (_body, secret) => ({ authorization: `Bearer ${secret}` }),
  signature: 'authorization',
  covers: [],
  spelled: anyCase,
  ignoresBody: true,
  bodies: anyBytes,
};

const token: Sender = {
  ...bearer,
  name: 'bearer in a header of its own',
  options: { header: 'X-Gitlab-Token' },
  sign: async (_body, secret) => ({ 'x-gitlab-token': secret }),
  signature: 'x-gitlab-token',
};

const basic: Sender = {
  ...bearer,
  name: 'basic',
  scheme: schemeOf('basic'),
  options: { username: 'Jürgen Ωmega' },
  newSecret: (random) => `pä:ss ${random.letters(10)}`,
  sign: async (_body, secret) => ({
    authorization: `Basic ${Buffer.from(`Jürgen Ωmega:${secret}`).toString('base64')}`,
  }),
};

export const senders: readonly Sender[] = [
  standard,
  svix,
  github,
  stripe,
  slack,
  hmac('hex', 'sha256='),
  hmac('base64', ''),
  hmac('base64url', 'v1 '),
  bearer,
  token,
  basic,
];

/** The code of the refusal, or `accepted`. A refusal tells neither secrets, signatures nor the body. */
export async function refusalOf(
  sender: Sender,
  delivery: Delivery,
  secrets: readonly string[],
  hidden: readonly string[],
): Promise<string> {
  try {
    await sender.scheme.verify(delivery, sender.options, secrets, now);
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    const told = hidden.find((text) => text.length > 5 && message.includes(text));
    if (code === undefined || told !== undefined) throw new Error(`told or failed: ${message}`, { cause: error });
    return code;
  }
  return 'accepted';
}
