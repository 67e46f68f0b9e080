import { type Request } from 'express';
import { idempotencyKeyOf, requestHash } from './idempotency-key.js';

const withKey = (key: string | undefined) => ({ get: () => key }) as unknown as Request;

describe('idempotencyKeyOf', () => {
  it.each([undefined, 'a', '8e03978e-40d5-43dd-bc93-6894a57f9324', 'with space', 'x'.repeat(255)])(
    'takes %p',
    (key) => {
      expect(idempotencyKeyOf(withKey(key))).toBe(key);
    },
  );

  it.each(['', 'x'.repeat(256), 'tab\t', 'ü'])('refuses %p', (key) => {
    expect(() => idempotencyKeyOf(withKey(key))).toThrow(expect.objectContaining({ code: 'idempotency-key-invalid' }));
  });
});

describe('requestHash', () => {
  const request = { method: 'POST', url: '/v1/workflows', body: { a: 1, b: [1, 2] } };
  const hash = (change: object) => requestHash({ ...request, ...change }).toString('hex');

  it('is the same for the same JSON, however it is written', () => {
    expect(hash({ body: { b: [1, 2], a: 1 } })).toBe(hash({}));
  });

  it.each<[string, object]>([
    ['method', { method: 'PUT' }],
    ['path', { url: '/v1/runs' }],
    ['query', { url: '/v1/workflows?mode=sync' }],
    ['body', { body: { a: 1, b: [2, 1] } }],
    ['missing body', { body: undefined }],
  ])('differs with the %s', (_what, change) => {
    expect(hash(change)).not.toBe(hash({}));
  });
});
