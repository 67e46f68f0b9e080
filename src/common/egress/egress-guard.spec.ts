import type { LookupAddress } from 'node:dns';
import { setImmediate } from 'node:timers/promises';
import { parseAllowList } from './allow-list.js';
import { egressWith, startServer } from './egress.spec-helper.js';
import type { Lookup } from './egress.types.js';

const DENIED = expect.objectContaining({ code: 'egress-denied', retryable: false });

/** Answers each question with the next address, the last one for ever after. */
function answering(...answers: string[][]): Lookup & { readonly questions: string[] } {
  const questions: string[] = [];
  const lookup = (host: string): Promise<LookupAddress[]> => {
    questions.push(host);
    const answer = answers[Math.min(questions.length, answers.length) - 1] ?? [];
    return Promise.resolve(answer.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })));
  };
  return Object.assign(lookup, { questions });
}

// Each host is an address in some notation; the client must see through it without asking a resolver.
const REFUSED_HOSTS = [
  ['dotted', '127.0.0.1 127.1.2.3 10.0.0.1 172.16.0.1 192.168.1.1 169.254.169.254 100.100.100.200 0.0.0.0 224.0.0.1'],
  ['short', '127.1 127.0.1 10.1 192.168.257 0 1'],
  ['decimal', '2130706433 2852039166 3232235777 167772161 017700000001 4294967295'],
  ['hexadecimal', '0x7f000001 0x7f.0.0.1 0x7f.1 0xa9fea9fe 0xA9.0xFE.0xA9.0xFE 0x0 0x7F.0x0.0x0.0x1'],
  ['octal', '0177.0.0.1 0177.0.0.01 0251.0376.0251.0376 012.0.0.1 0300.0250.1.1 0000177.0.0.1'],
  ['mixed', '0x7f.0.0.01 169.0376.43518 0xa9.254.0251.254 127.0.0.1. 2130706433.'],
  ['other digits', '１２７.０.０.１ 127。0。0。1 ①②⑦.⓪.⓪.① 127%2e0%2e0%2e1 %31%32%37.0.0.1 ⑯⑨.②⑤④.⑯⑨.②⑤④'],
  [
    'IPv6',
    '[::1] [::] [0:0:0:0:0:0:0:1] [0000::0001] [fe80::1] [fd00::1] [fc00::1] [fec0::1] [ff02::1] [fd00:ec2::254]',
  ],
  [
    'IPv4 in IPv6',
    '[::ffff:127.0.0.1] [::ffff:7f00:1] [::127.0.0.1] [::ffff:169.254.169.254] [0:0:0:0:0:ffff:a9fe:a9fe]',
  ],
  ['IPv6 transition', '[64:ff9b::127.0.0.1] [64:ff9b::a9fe:a9fe] [64:ff9b:1::a00:1] [2002:7f00:1::] [2001::1]'],
].flatMap(([notation, hosts]) => (hosts ?? '').split(' ').map((host) => [notation, host] as const));

describe('the egress guard', () => {
  it.each(REFUSED_HOSTS)('refuses %s: http://%s/', async (_notation, host) => {
    const lookup = answering(['192.0.2.1']);
    await using egress = egressWith({ allowLoopback: false, lookup });
    await expect(egress.request({ method: 'GET', url: `http://${host}/` })).rejects.toEqual(DENIED);
    await expect(egress.request({ method: 'GET', url: `https://${host}:8443/` })).rejects.toEqual(DENIED);
    expect(lookup.questions).toEqual([]);
  });

  it.each(['localhost', 'LOCALHOST.', '127.0.0.1.nip.io', 'metadata.google.internal'])(
    'refuses the name %s for the address it resolves to',
    async (name) => {
      await using server = await startServer((_request, response) => response.end());
      await using egress = egressWith({ allowLoopback: false, lookup: answering(['127.0.0.1']) });
      const request = egress.request({ method: 'GET', url: `http://${name}:${server.port}/` });
      await expect(request).rejects.toEqual(DENIED);
      expect(server.connections()).toBe(0);
    },
  );

  it('says which host, which address, why, and how an operator allows it', async () => {
    await using egress = egressWith({ lookup: answering(['10.0.0.5']) });
    await expect(egress.request({ method: 'GET', url: 'https://intranet.example/secret?token=1' })).rejects.toThrow(
      'Connecting to intranet.example is refused: its address 10.0.0.5 is not a public address (private). ' +
        'An operator can allow it with SEER_EGRESS_ALLOW=10.0.0.5:443.',
    );
  });

  it('connects to the address it judged, not to a later answer of the resolver', async () => {
    await using server = await startServer((_request, response) => response.end());
    const lookup = answering(['192.0.2.1'], ['127.0.0.1']); // TEST-NET-1 plays the public address, nobody is there.
    await using egress = egressWith({ allow: parseAllowList('192.0.2.1'), allowLoopback: false, lookup });
    const url = `http://rebind.example:${server.port}/`;

    await expect(egress.request({ method: 'GET', url, timeoutMs: 200 })).rejects.not.toEqual(DENIED);
    expect(lookup.questions).toEqual(['rebind.example']);
    await expect(egress.request({ method: 'GET', url })).rejects.toEqual(DENIED);
    expect(server.connections()).toBe(0);
  });

  it('resolves a name once per connection and reuses the connection it judged', async () => {
    await using server = await startServer((_request, response) => response.end());
    const lookup = answering(['127.0.0.1'], ['10.0.0.1']);
    await using egress = egressWith({ lookup });
    const url = `http://steady.example:${server.port}/`;

    for (const _ of [1, 2, 3]) {
      await expect(egress.request({ method: 'GET', url })).resolves.toMatchObject({ status: 200 });
      await setImmediate(); // the connection becomes free after the answer
    }
    expect(lookup.questions).toHaveLength(1);
    expect(server.connections()).toBe(1);
  });

  it('connects only to the allowed ones of several addresses', async () => {
    await using server = await startServer((_request, response) => response.end());
    await using egress = egressWith({ lookup: answering(['10.0.0.1', '::ffff:169.254.169.254', '127.0.0.1']) });
    const url = `http://mixed.example:${server.port}/`;
    await expect(egress.request({ method: 'GET', url })).resolves.toMatchObject({ status: 200 });
    expect(server.requests[0]?.headers.host).toBe(`mixed.example:${server.port}`);
  });

  it('tries the next allowed address when nobody answers at the first', async () => {
    await using server = await startServer((_request, response) => response.end());
    await using egress = egressWith({ lookup: answering(['::1', '127.0.0.1']) });
    const url = `http://dual.example:${server.port}/`;
    await expect(egress.request({ method: 'GET', url })).resolves.toMatchObject({ status: 200 });
  });

  it.each(['http://169.254.169.254/latest/meta-data/', 'http://[::ffff:10.0.0.1]/', '//2852039166/'])(
    'judges the target of a redirect: %s',
    async (location) => {
      await using server = await startServer((_request, response) => response.writeHead(302, { location }).end());
      await using egress = egressWith();
      await expect(egress.request({ method: 'GET', url: server.url })).rejects.toEqual(DENIED);
    },
  );

  it("refuses Seer's own ports, directly and by a redirect, even when loopback is allowed", async () => {
    await using seer = await startServer((_request, response) => response.end());
    await using other = await startServer((_request, response) =>
      response.writeHead(307, { location: `http://localhost:${seer.port}/v1/secrets` }).end(),
    );
    const allow = parseAllowList(`127.0.0.1:${seer.port},localhost,0.0.0.0/0,::/0`);
    await using egress = egressWith({ allow, ownPorts: new Set([seer.port]) });
    for (const url of [seer.url, `http://0.0.0.0:${seer.port}`, `http://[::ffff:127.0.0.1]:${seer.port}`, other.url]) {
      await expect(egress.request({ method: 'GET', url })).rejects.toThrow("one of Seer's own ports");
    }
    expect(seer.connections()).toBe(0);
  });

  it('lets through what the operator allowed', async () => {
    await using server = await startServer((_request, response) => response.end());
    const allow = parseAllowList(`db.internal:${server.port}`);
    await using egress = egressWith({ allow, allowLoopback: false, lookup: answering(['127.0.0.1']) });
    const get = (host: string) => egress.request({ method: 'GET', url: `http://${host}:${server.port}/` });
    await expect(get('db.internal')).resolves.toMatchObject({ status: 200 });
    await expect(get('other.internal')).rejects.toEqual(DENIED);
  });
});
