import type { LookupAddress } from 'node:dns';
import { setTimeout } from 'node:timers/promises';
import { parseAllowList } from '../src/common/egress/allow-list.js';
import { egressWith, type LocalServer, startServer } from '../src/common/egress/egress.spec-helper.js';
import { type EgressService } from '../src/common/egress/egress.service.js';
import { ConnectWatch } from './support/connects.js';
import { startDnsServer } from './support/dns-server.js';
import { type SsrfHost, ssrfHosts, ssrfUrls } from './support/ssrf-corpus.js';

const DENIED = expect.objectContaining({ code: 'egress-denied', retryable: false });
const INVALID = expect.objectContaining({ code: 'egress-invalid-url' });

/** The three ways out: each dials, if it is let. */
const waysOut: [string, (egress: EgressService, host: string, port: number) => Promise<unknown>][] = [
  [
    'request',
    (egress, host, port) => egress.request({ method: 'GET', url: `http://${host}:${port}/`, timeoutMs: 500 }),
  ],
  ['open', (egress, host, port) => egress.open({ method: 'POST', url: `https://${host}:${port}/`, timeoutMs: 500 })],
  ['connect', (egress, host, port) => egress.connect({ host, port, maxBytes: 1_000, timeoutMs: 500 })],
];

/** Resolves the names of the corpus, and the host itself where a resolver would be asked for an address. */
const lookupOf =
  ({ address }: SsrfHost) =>
  (): Promise<LookupAddress[]> => {
    if (address) return Promise.resolve([{ address, family: address.includes(':') ? 6 : 4 }]);
    return Promise.reject(new Error('no resolver should be asked for an address'));
  };

/** As a header can carry it. */
const inAscii = (host: string) => host.replaceAll(/[^ -~]+/g, encodeURIComponent);

const hosts = ssrfHosts.map((entry) => [entry.name, entry.host, entry] as const);
let here: LocalServer;
let watch: ConnectWatch;

beforeAll(async () => {
  here = await startServer((_request, response) => response.end('secret'));
});
beforeEach(() => {
  watch = new ConnectWatch();
});
afterEach(() => watch[Symbol.dispose]());
afterAll(() => here[Symbol.asyncDispose]());

describe('server-side request forgery', () => {
  it('is tried in many ways', () => {
    expect(new Set(ssrfHosts.map(({ host }) => host)).size).toBeGreaterThan(100);
    expect(ssrfUrls.length).toBeGreaterThan(20);
  });

  it.each(hosts)('dials nobody for %s: %s', async (_name, host, entry) => {
    await using egress = egressWith({ allowLoopback: false, lookup: lookupOf(entry) });
    for (const [, leave] of waysOut) await expect(leave(egress, host, here.port)).rejects.toEqual(DENIED);
    expect(watch.dialled()).toEqual([]);
    expect(here.connections()).toBe(0);
  });

  it.each(ssrfUrls.map(({ name, url }) => [name, url]))('dials nobody for %s: %s', async (_name, url) => {
    await using egress = egressWith();
    await expect(egress.request({ method: 'GET', url })).rejects.toEqual(INVALID);
    await expect(egress.open({ method: 'GET', url })).rejects.toEqual(INVALID);
    await expect(egress.connect({ host: url, port: here.port, maxBytes: 1 })).rejects.toEqual(INVALID);
    expect(watch.dialled()).toEqual([]);
  });

  it.each([...hosts, ...ssrfUrls.map(({ name, url }) => [name, url, undefined] as const)])(
    'does not follow a redirect to %s: %s',
    async (_name, target, entry) => {
      const location = entry ? `http://${inAscii(target)}:${here.port}/` : target;
      await using front = await startServer((_request, response) => response.writeHead(307, { location }).end());
      const allow = parseAllowList(`127.0.0.1:${front.port}`);
      await using egress = egressWith({ allowLoopback: false, allow, ...(entry && { lookup: lookupOf(entry) }) });
      for (const way of ['request', 'open'] as const) {
        const going = egress[way]({ method: 'GET', url: front.url });
        await expect(going).rejects.toEqual(entry ? DENIED : INVALID);
      }
      expect(front.requests).toHaveLength(2);
      expect(watch.dialled(front.port)).toEqual([]);
    },
  );

  it.each(hosts.filter(([, , { isThisMachine }]) => isThisMachine))(
    "does not reach Seer's own port, whatever is allowed, for %s: %s",
    async (_name, host, entry) => {
      const allow = parseAllowList(`0.0.0.0/0,::/0,127.0.0.1:${here.port},localhost`);
      await using egress = egressWith({ allow, ownPorts: new Set([here.port]), lookup: lookupOf(entry) });
      for (const [, leave] of waysOut) await expect(leave(egress, host, here.port)).rejects.toThrow("Seer's own ports");
      expect(watch.dialled()).toEqual([]);
    },
  );

  it('sees each dialling, so that none can be missed', async () => {
    await using egress = egressWith();
    for (const [, leave] of waysOut) await leave(egress, '127.0.0.1', here.port).catch(() => {});
    expect(watch.dialled()).toEqual(waysOut.map(() => `127.0.0.1:${here.port}`));
  });
});

describe.each(waysOut)('a name that changes its address, by %s', (_way, leave) => {
  // TEST-NET-1 plays the public address: nobody is there.
  const allow = parseAllowList('192.0.2.1');

  it('is dialled at the address that was judged', async () => {
    await using dns = await startDnsServer(['192.0.2.1'], ['127.0.0.1']);
    await using egress = egressWith({ allowLoopback: false, allow, lookup: dns.lookup });
    await expect(leave(egress, 'rebind.example', here.port)).rejects.not.toEqual(DENIED);
    expect(dns.questions).toEqual(['rebind.example']);
    expect(watch.dialled()).toEqual([`192.0.2.1:${here.port}`]);

    await expect(leave(egress, 'rebind.example', here.port)).rejects.toEqual(DENIED);
    expect(watch.dialled()).toHaveLength(1);
  });

  it('is refused when it starts at a private one', async () => {
    await using dns = await startDnsServer(['127.0.0.1'], ['192.0.2.1']);
    await using egress = egressWith({ allowLoopback: false, allow, lookup: dns.lookup });
    await expect(leave(egress, 'rebind.example', here.port)).rejects.toEqual(DENIED);
    expect(watch.dialled()).toEqual([]);
  });

  it('is dialled at none but the allowed one of several, also when that does not answer', async () => {
    await using dns = await startDnsServer(['127.0.0.1', '192.0.2.1', '10.0.0.1']);
    await using egress = egressWith({ allowLoopback: false, allow, lookup: dns.lookup });
    await expect(leave(egress, 'mixed.example', here.port)).rejects.not.toEqual(DENIED);
    await setTimeout(0);
    expect(watch.dialled()).toEqual([`192.0.2.1:${here.port}`]);
  });
});

describe('the allow-list of the operator', () => {
  const opened: [string, (port: number) => string, string][] = [
    ['an address and its port', (port) => `127.0.0.1:${port}`, '127.0.0.1'],
    ['a network', () => '127.0.0.0/8', '127.0.0.1'],
    ['a name', (port) => `db.internal:${port}`, 'db.internal'],
  ];

  it.each(opened)('opens %s, and only that', async (_what, entryFor, host) => {
    await using dns = await startDnsServer(['127.0.0.1']);
    const lookup = dns.lookup;
    for (const [way, leave] of waysOut.filter(([name]) => name !== 'open')) {
      await using open = egressWith({ allowLoopback: false, allow: parseAllowList(entryFor(here.port)), lookup });
      await expect(leave(open, host, here.port)).resolves.toBeDefined();
      await expect(leave(open, '10.0.0.1', here.port)).rejects.toEqual(DENIED);
      if (way === 'connect') continue;
      await using closed = egressWith({
        allowLoopback: false,
        allow: parseAllowList('127.0.0.1:1,db.internal:1'),
        lookup,
      });
      await expect(leave(closed, host, here.port)).rejects.toEqual(DENIED);
    }
  });

  it('does not let a redirect out of what it opens', async () => {
    await using front = await startServer((_request, response) =>
      response.writeHead(302, { location: `http://db.internal:${here.port}/` }).end(),
    );
    await using dns = await startDnsServer(['127.0.0.1']);
    const allow = parseAllowList(`db.internal:${front.port}`);
    await using egress = egressWith({ allowLoopback: false, allow, lookup: dns.lookup });
    const request = egress.request({ method: 'GET', url: `http://db.internal:${front.port}/` });
    await expect(request).rejects.toEqual(DENIED);
    expect(watch.dialled(front.port)).toEqual([]);
  });
});
