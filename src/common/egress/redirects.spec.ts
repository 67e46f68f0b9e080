import { type Hop, leavesOrigin, nextHop, redirectLocation } from './redirects.js';

const CREDENTIALS = { authorization: 'Bearer 1', cookie: 'a=1', 'proxy-authorization': 'Basic 1', 'x-api-key': 'k' };

function hop(overrides: Partial<Hop> = {}): Hop {
  return { method: 'GET', url: new URL('https://api.example/v1/a?b=c'), headers: {}, ...overrides };
}

function follow(from: Hop, status: number, location: string): Hop {
  return nextHop(from, status, location, { secretHeaders: ['x-api-key'], confidential: false });
}

describe('a redirect', () => {
  it.each([
    ['/next', false],
    ['https://api.example:443/x', false],
    ['http://api.example/x', true],
    ['https://api.example:8443/x', true],
    ['//other.example/x', true],
    ['https://', true],
  ])('to %s leaves its origin: %s', (location, leaves) => {
    expect(leavesOrigin(location, new URL('https://api.example/v1/a'))).toBe(leaves);
  });

  it.each([
    [301, 'POST', 'GET'],
    [302, 'POST', 'GET'],
    [303, 'POST', 'GET'],
    [303, 'PUT', 'GET'],
    [303, 'DELETE', 'GET'],
    [301, 'PUT', 'PUT'],
    [302, 'DELETE', 'DELETE'],
    [307, 'POST', 'POST'],
    [308, 'POST', 'POST'],
    [301, 'HEAD', 'HEAD'],
    [303, 'HEAD', 'HEAD'],
    [303, 'GET', 'GET'],
  ])('%i turns %s into %s and keeps a body only with its method', (status, method, expected) => {
    const headers = { 'content-type': 'text/plain', 'x-trace': '1' };
    const next = follow(hop({ method, headers, body: 'text' }), status, '/b');
    expect(next.method).toBe(expected);
    expect(next.body).toBe(expected === method ? 'text' : undefined);
    expect(next.headers).toEqual(expected === method ? headers : { 'x-trace': '1' });
  });

  it.each([
    ['/next', 'https://api.example/next'],
    ['next', 'https://api.example/v1/next'],
    ['?page=2', 'https://api.example/v1/a?page=2'],
    ['//other.example/x', 'https://other.example/x'],
    ['https://api.example:443/x', 'https://api.example/x'],
  ])('resolves the location "%s"', (location, expected) => {
    expect(follow(hop(), 302, location).url.href).toBe(expected);
  });

  it.each(['/next', 'https://api.example:443/next', '//API.example/next'])(
    'keeps credentials on the same origin: %s',
    (location) => expect(follow(hop({ headers: CREDENTIALS }), 307, location).headers).toEqual(CREDENTIALS),
  );

  it.each([
    ['another host', 'https://evil.example/'],
    ['a subdomain', 'https://www.api.example/'],
    ['another port', 'https://api.example:8443/'],
    ['http instead of https', 'http://api.example/'],
    ['http on the port of https', 'http://api.example:443/'],
  ])('drops credentials, and only those, towards %s', (_what, location) => {
    const next = follow(hop({ headers: { ...CREDENTIALS, accept: '*/*' } }), 307, location);
    expect(next.headers).toEqual({ accept: '*/*' });
  });

  it('does not give credentials back to a chain that returns', () => {
    const away = follow(hop({ headers: CREDENTIALS }), 302, 'https://other.example/');
    expect(follow(away, 302, 'https://api.example/').headers).toEqual({});
  });

  describe('of a confidential request', () => {
    const followConfidential = (from: Hop, status: number, location: string) =>
      nextHop(from, status, location, { secretHeaders: [], confidential: true });
    const harmless = { accept: '*/*', 'accept-encoding': 'gzip', 'accept-language': 'de', 'user-agent': 'Seer' };
    const headers = { ...CREDENTIALS, ...harmless, 'x-signature': 's', 'content-type': 'text/plain', referer: 'r' };

    it.each(['https://other.example/', 'http://api.example/', 'https://api.example:8443/'])(
      'takes nothing to %s but what answers are wanted',
      (location) => {
        for (const status of [301, 302, 303, 307, 308]) {
          expect(followConfidential(hop({ headers }), status, location)).toMatchObject({
            method: 'GET',
            headers: harmless,
          });
        }
        const posted = followConfidential(hop({ headers, method: 'POST', body: 'secret' }), 303, location);
        expect(posted).toEqual({ method: 'GET', url: new URL(location), headers: harmless, body: undefined });
      },
    );

    it.each([
      [307, 'POST'],
      [308, 'POST'],
      [307, 'GET'],
      [302, 'PUT'],
      [301, 'DELETE'],
    ])('%i does not take the body of a %s to another origin', (status, method) => {
      const from = hop({ method, headers, body: 'secret' });
      const go = (location: string) => followConfidential(from, status, location);
      expect(() => go('http://api.example/path?token=1')).toThrow(
        expect.objectContaining({
          code: 'egress-redirect-refused',
          retryable: false,
          message:
            'https://api.example redirects to http://api.example, which must not get what was sent confidentially.',
        }),
      );
      expect(go('/elsewhere')).toMatchObject({ method, headers, body: 'secret' });
    });

    it('does not give anything back to a chain that returns', () => {
      const away = followConfidential(hop({ headers }), 302, 'https://other.example/');
      expect(followConfidential(away, 302, 'https://api.example/').headers).toEqual(harmless);
    });
  });

  it.each(['ftp://api.example/', 'file:///etc/passwd', 'javascript:alert(1)', 'https://a:b@api.example/', 'http://['])(
    'refuses the location "%s"',
    (location) =>
      expect(() => follow(hop(), 302, location)).toThrow(expect.objectContaining({ code: 'egress-invalid-url' })),
  );

  it.each([
    [302, '/next', '/next'],
    [302, undefined, undefined],
    [200, '/next', undefined],
    [201, '/next', undefined],
    [300, '/next', undefined],
    [304, '/next', undefined],
  ])('status %i with location %s leads to %s', (status, location, expected) => {
    expect(redirectLocation(status, { location })).toBe(expected);
  });
});
