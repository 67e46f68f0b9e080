import { createHmac } from 'node:crypto';
import { Stripe } from 'stripe';
import { Webhook } from 'standardwebhooks';
import { schemaValidator } from '../../../common/json-schema.js';
import { type JsonObject } from '../../../common/json.js';
import { type Delivery } from '../../../common/webhooks/delivery.js';
import { verificationSchemeCatalogue, verificationSchemes } from './catalogue.js';
import { deliveryOf, now, nowSeconds } from './senders.spec-helper.js';

const key = 'correct horse battery staple';
const body = Buffer.from('{"id":"evt_1"}');

async function verified(type: string, delivery: Delivery, secrets: string[], options: JsonObject = {}) {
  return await verificationSchemeCatalogue.get(type)?.verify(delivery, options, secrets, now);
}

function refused(code: string, message = /./): unknown {
  return expect.objectContaining({ code, message: expect.stringMatching(message) as unknown });
}

describe('the catalogue', () => {
  it('has every scheme once', () => {
    expect([...verificationSchemeCatalogue.keys()].sort()).toEqual(
      ['none', 'hmac_sha256', 'github', 'stripe', 'slack', 'standard_webhooks', 'bearer', 'basic'].sort(),
    );
    expect(verificationSchemeCatalogue.size).toBe(verificationSchemes.length);
  });

  it.each<[string, JsonObject, boolean]>([
    ['hmac_sha256', { header: 'X-Signature', encoding: 'hex', prefix: 'sha256=' }, true],
    ['hmac_sha256', { header: 'Authorization', prefix: 'HMAC ' }, true],
    ['hmac_sha256', {}, false],
    ['hmac_sha256', { header: 'X Signature' }, false],
    ['hmac_sha256', { header: 'X-Signature', encoding: 'binary' }, false],
    ['hmac_sha256', { header: 'X-Signature', prefix: 'a\r\nb' }, false],
    ['basic', { username: 'shop' }, true],
    ['basic', { username: 'a:b' }, false],
    ['basic', {}, false],
    ['bearer', {}, true],
    ['bearer', { header: 'X-Gitlab-Token' }, true],
    ['stripe', { header: 'X' }, false],
  ])('%s has options that are checked by their schema: %j', (type, options, good) => {
    const schema = { type: 'object', additionalProperties: false, ...verificationSchemeCatalogue.get(type)?.options };
    expect(schemaValidator(schema as unknown as JsonObject).validate(options).length === 0).toBe(good);
  });
});

describe('secrets', () => {
  const withSecret = verificationSchemes.flatMap(({ key, secret }) => (secret === undefined ? [] : [{ key, secret }]));

  it.each(withSecret)('$key refuses empty and short ones, and does not repeat them', ({ secret }) => {
    for (const bad of ['', ' ', 'hunter2', 'a\nb'.repeat(10), 'whsec_', 'whsec_~', 'é'.repeat(300)]) {
      expect(secret.check(bad)).toMatch(/^The secret must be .*\.$/);
      if (bad.length > 1 && bad !== 'whsec_') expect(secret.check(bad)).not.toContain(bad);
    }
  });

  it.each(withSecret)('$key makes good ones, unless the sender does', ({ key, secret }) => {
    expect(secret.origin).toBe(key === 'stripe' || key === 'slack' ? 'given' : 'generated');
    if (secret.origin === 'given') return;
    const made = Array.from({ length: 50 }, () => secret.generate());
    expect(new Set(made).size).toBe(50);
    expect(made.map((one) => secret.check(one)).filter(Boolean)).toEqual([]);
  });

  it('of Standard Webhooks are 24 to 64 bytes in canonical base64', () => {
    const check = (secret: string): boolean =>
      verificationSchemeCatalogue.get('standard_webhooks')?.secret?.check(secret) === undefined;
    const bytes = (length: number): string => Buffer.alloc(length, 7).toString('base64');
    expect([23, 24, 25, 64, 65].map((length) => check(`whsec_${bytes(length)}`))).toEqual([
      false,
      true,
      true,
      true,
      false,
    ]);
    expect(check(bytes(32))).toBe(false);
    expect(check(`whsec_${bytes(32).slice(0, -1)}`)).toBe(false);
    expect(check(`whsec_${bytes(32).replace(/.=$/, '9=')}`)).toBe(false);
  });
});

describe('standard_webhooks', () => {
  const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
  const signed = (sent: Buffer, id = 'msg_1'): Record<string, string> => ({
    'webhook-id': id,
    'webhook-timestamp': String(nowSeconds),
    'webhook-signature': new Webhook(secret).sign(id, new Date(nowSeconds * 1000), sent),
  });
  const signature = signed(body)['webhook-signature'] ?? '';
  const other = `v1,${Buffer.alloc(32, 1).toString('base64')}`;

  it('takes one good signature among several, of other versions too', async () => {
    for (const several of [`${other} ${signature}`, `${signature} ${other}`, `v1a,${'A'.repeat(86)}== ${signature}`]) {
      const delivery = deliveryOf({ ...signed(body), 'webhook-signature': several }, body);
      expect(await verified('standard_webhooks', delivery, [secret])).toEqual({ id: 'msg_1' });
    }
  });

  it('does not take a good digest under another version, nor any number of signatures', async () => {
    const many = `${`${other} `.repeat(60)}${signature}`;
    for (const wrong of [signature.replace('v1', 'v1a'), signature.replace('v1', 'v2'), signature.slice(3), many]) {
      const delivery = deliveryOf({ ...signed(body), 'webhook-signature': wrong }, body);
      await expect(verified('standard_webhooks', delivery, [secret])).rejects.toEqual(refused('signature-invalid'));
    }
  });

  it('does not take ids with full stops, which move the borders of what is signed', async () => {
    const sent = Buffer.from(`${nowSeconds}.{}`);
    const moved = { ...signed(sent), 'webhook-id': `msg_1.${nowSeconds}` };
    await expect(verified('standard_webhooks', deliveryOf(moved, Buffer.from('{}')), [secret])).rejects.toEqual(
      refused('signature-invalid', /full stops/),
    );
  });

  it('does not take bytes that only decode to what was signed', async () => {
    const headers = signed(Buffer.from('{"a":"\ufffd"}'));
    const decodesToTheSame = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff]), Buffer.from('"}')]);
    await expect(verified('standard_webhooks', deliveryOf(headers, decodesToTheSame), [secret])).rejects.toEqual(
      refused('signature-invalid'),
    );
  });

  it('does not mix the headers of the standard with those of Svix', async () => {
    const { 'webhook-id': id = '', ...others } = signed(body);
    const mixed = deliveryOf({ ...others, 'svix-id': id }, body);
    await expect(verified('standard_webhooks', mixed, [secret])).rejects.toEqual(
      refused('signature-missing', /webhook-id/),
    );
  });
});

describe('github', () => {
  it('does not take an id that is none', async () => {
    const signature = `sha256=${createHmac('sha256', key).update(body).digest('hex')}`;
    const headers = { 'x-hub-signature-256': signature, 'x-github-delivery': 'a b' };
    await expect(verified('github', deliveryOf(headers, body), [key])).rejects.toEqual(
      refused('signature-invalid', /id/),
    );
  });

  it('does not take an empty body, which GitHub never sends', async () => {
    const signature = `sha256=${createHmac('sha256', key).update('').digest('hex')}`;
    const headers = { 'x-hub-signature-256': signature, 'x-github-delivery': 'a' };
    await expect(verified('github', deliveryOf(headers, Buffer.alloc(0)), [key])).rejects.toEqual(
      refused('signature-invalid'),
    );
  });
});

describe('stripe', () => {
  const secret = 'whsec_Yz0u3qvNq6T4M1rYx8b2';
  const header = (scheme?: string): string =>
    Stripe.webhooks.generateTestHeaderString({ payload: body.toString(), secret, timestamp: nowSeconds, scheme });
  const verify = (value: string) => verified('stripe', deliveryOf({ 'stripe-signature': value }, body), [secret]);

  it('takes one good signature among several', async () => {
    const [time = '', good = ''] = header().split(',');
    const wrong = `v1=${'0'.repeat(64)}`;
    for (const value of [
      `${time},${wrong},${good}`,
      `${good},${wrong},${time}`,
      `${time},${good},v0=${'0'.repeat(64)}`,
    ]) {
      expect(await verify(value)).toEqual({ id: 'evt_1' });
    }
  });

  it('counts no scheme but v1, nor two timestamps, nor any number of signatures', async () => {
    const many = `${header()}${`,v1=${'0'.repeat(64)}`.repeat(40)}`;
    for (const value of [header('v0'), header('v2'), `t=${nowSeconds},${header()}`, many, `${header()},`]) {
      await expect(verify(value)).rejects.toEqual(refused('signature-invalid'));
    }
  });

  it('names the limit of 5 minutes', async () => {
    const old = Stripe.webhooks.generateTestHeaderString({ payload: '', secret, timestamp: nowSeconds - 400 });
    await expect(verify(old)).rejects.toEqual(refused('signature-stale', /400 seconds in the past.*5 minutes/));
  });

  it.each(['[]', '{}', '{"id":7}', '{"id":""}', '{"id":"a b"}', 'id=evt_1', `{"id":"${'x'.repeat(256)}"}`])(
    'knows no id where the body is %s',
    async (text) => {
      const value = Stripe.webhooks.generateTestHeaderString({ payload: text, secret, timestamp: nowSeconds });
      const delivery = deliveryOf({ 'stripe-signature': value }, Buffer.from(text));
      expect(await verified('stripe', delivery, [secret])).toEqual({});
    },
  );
});

describe('slack', () => {
  const deliver = (event: unknown): Delivery => {
    const sent = Buffer.from(JSON.stringify(event));
    const digest = createHmac('sha256', key.replaceAll(' ', '')).update(`v0:${nowSeconds}:`).update(sent).digest('hex');
    return deliveryOf({ 'x-slack-signature': `v0=${digest}`, 'x-slack-request-timestamp': String(nowSeconds) }, sent);
  };
  const idOf = (event: unknown) => verified('slack', deliver(event), [key.replaceAll(' ', '')]);

  it('knows the id of events, and of nothing else', async () => {
    expect(await idOf({ type: 'event_callback', event_id: 'Ev08MFMKH6' })).toEqual({ id: 'Ev08MFMKH6' });
    expect(await idOf({ type: 'block_actions', event_id: 'Ev08MFMKH6' })).toEqual({});
    expect(await idOf({ type: 'event_callback' })).toEqual({});
  });

  it('answers the challenge to an address, and nothing else', () => {
    const answer = (event: unknown) => verificationSchemeCatalogue.get('slack')?.challenge?.(deliver(event));
    expect(answer({ type: 'url_verification', token: 't', challenge: '3eZbrw1aB' })).toEqual({
      challenge: '3eZbrw1aB',
    });
    expect(answer({ type: 'url_verification', challenge: 7 })).toBeUndefined();
    expect(answer({ type: 'event_callback', challenge: '3eZbrw1aB' })).toBeUndefined();
  });
});

describe('hmac_sha256', () => {
  const digest = createHmac('sha256', key).update(body).digest();
  const verify = (value: string, options: JsonObject) =>
    verified('hmac_sha256', deliveryOf({ 'x-signature': value }, body), [key], { header: 'X-Signature', ...options });

  it('takes the spellings that senders use', async () => {
    const hex = digest.toString('hex');
    expect(await verify(hex, {})).toEqual({});
    expect(await verify(hex.toUpperCase(), { encoding: 'hex' })).toEqual({});
    expect(await verify(`sha256=${hex}`, { prefix: 'sha256=' })).toEqual({});
    expect(await verify(`${digest.toString('base64url')}=`, { encoding: 'base64url' })).toEqual({});
  });

  it.each(['constructor', '__proto__', 'toString'])('does not find a header "%s" that did not come', async (header) => {
    await expect(verify('', { header })).rejects.toEqual(refused('signature-missing'));
  });
});

describe('bearer', () => {
  it.each<[string, JsonObject, string, string]>([
    ['a scheme in small letters', {}, 'authorization', 'bearer abcdefghijklmnop'],
    ['Authorization by its own name', { header: 'AUTHORIZATION' }, 'authorization', 'Bearer abcdefghijklmnop'],
    ['another header', { header: 'X-Token' }, 'x-token', 'abcdefghijklmnop'],
  ])('takes %s', async (_what, options, name, value) => {
    expect(await verified('bearer', deliveryOf({ [name]: value }, body), ['abcdefghijklmnop'], options)).toEqual({});
  });
});

describe('none', () => {
  it('takes everything, and reads no header', async () => {
    expect(await verified('none', deliveryOf({}, body), [])).toEqual({});
    expect(verificationSchemeCatalogue.get('none')?.headers({})).toEqual([]);
  });
});
