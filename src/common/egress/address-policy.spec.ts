import { type EgressPolicy, judgeTarget } from './address-policy.js';
import { parseAllowList } from './allow-list.js';

const OWN_PORT = 3000;
const OWN_ADDRESSES = {
  machine: new Set(['127.0.0.1', '172.17.0.2', '93.184.216.34', 'fd00::7']),
  database: new Set(['10.5.0.1', '203.0.114.9', 'fd00::5']),
};

function policy(overrides: Partial<EgressPolicy> = {}): EgressPolicy {
  return { allow: [], allowLoopback: false, ownPorts: new Set([OWN_PORT]), ...overrides };
}

function isAllowed(address: string, port: number, rules: Partial<EgressPolicy> = {}): boolean {
  return judgeTarget({ host: 'host.example', address, port }, policy(rules), OWN_ADDRESSES) === undefined;
}

const REFUSED = [
  ['loopback', '127.0.0.1 127.0.0.2 127.255.255.254 ::1'],
  ['unspecified and this network', '0.0.0.0 0.0.0.1 0.255.255.255 ::'],
  ['private', '10.0.0.0 10.255.255.255 172.16.0.1 172.31.255.255 192.168.0.1 192.168.255.255'],
  ['link-local', '169.254.0.1 169.254.255.255 fe80::1 fe80::1%eth0 febf:ffff::1'],
  ['carrier-grade NAT', '100.64.0.1 100.127.255.255'],
  ['protocol assignments and relays', '192.0.0.1 192.0.0.8 192.88.99.1 192.52.193.1 192.175.48.1 192.31.196.1'],
  ['documentation', '192.0.2.1 198.51.100.1 203.0.113.1 2001:db8::1 3fff::1'],
  ['benchmarks', '198.18.0.1 198.19.255.255 2001:2::1'],
  ['multicast and broadcast', '224.0.0.1 239.255.255.250 255.255.255.255 ff02::1 ff0e::1'],
  ['reserved', '240.0.0.1 250.1.2.3 2001:1::1 2001:20::1 4000::1 8000::1 5f00::1 200::1'],
  ['unique local and site-local', 'fc00::1 fd00::1 fdff:ffff::1 fec0::1 feff::1'],
  ['IPv4-mapped', '::ffff:127.0.0.1 ::ffff:7f00:1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::ffff:0.0.0.0'],
  ['IPv4-compatible', '::127.0.0.1 ::7f00:1 ::10.0.0.1 ::8.8.8.8 ::2'],
  ['IPv4-translated', '::ffff:0:127.0.0.1 ::ffff:0:8.8.8.8'],
  ['NAT64', '64:ff9b::127.0.0.1 64:ff9b::a00:1 64:ff9b::8.8.8.8 64:ff9b:1::1 64:ff9b:1:ffff::a9fe:a9fe'],
  ['6to4', '2002:7f00:1:: 2002:a00:1::1 2002:a9fe:a9fe::1'],
  ['Teredo', '2001::1 2001:0:53aa:64c::1'],
  ['ORCHID and discard', '2001:10::1 2001:30::1 100::1 100:0:0:1::1'],
  ['metadata', '169.254.169.254 169.254.170.2 168.63.129.16 100.100.100.200 192.0.0.192 fd00:ec2::254 fd20:ce::254'],
  ['what is not an address', 'localhost 999.1.1.1 1.2.3.4.5 12345::67890'],
].flatMap(([kind, addresses]) => (addresses ?? '').split(' ').map((address) => [kind, address] as const));

describe('the egress address policy', () => {
  it.each(REFUSED)('refuses %s: %s', (_kind, address) => {
    expect(isAllowed(address, 443)).toBe(false);
  });

  it.each(['8.8.8.8', '1.1.1.1', '100.63.255.255', '100.128.0.1', '172.15.255.255', '172.32.0.1', '192.167.255.255'])(
    'allows the public IPv4 address %s',
    (address) => expect(isAllowed(address, 443)).toBe(true),
  );

  it.each(['2606:4700:4700::1111', '2a00:1450:4001:82a::200e', '::ffff:8.8.8.8'])('allows the public %s', (address) => {
    expect(isAllowed(address, 443)).toBe(true);
  });

  it('names the reason and the entry that would open the target', () => {
    const judge = (address: string) => judgeTarget({ host: 'x', address, port: 80 }, policy(), OWN_ADDRESSES);
    expect(judge('10.0.0.1')).toEqual({ reason: 'is not a public address (private)', allowEntry: '10.0.0.1:80' });
    expect(judge('fd00::1')).toEqual({ reason: 'is not a public address (uniqueLocal)', allowEntry: '[fd00::1]:80' });
    expect(judge('::127.0.0.1')?.reason).toBe('is not a public address (outside 2000::/3)');
    expect(judge('168.63.129.16')?.reason).toBe('is a cloud metadata service');
  });

  it.each([
    ['127.0.0.1', 80, true],
    ['::1', 80, true],
    ['::ffff:127.0.0.1', 80, true],
    ['::127.0.0.1', 80, false],
    ['10.0.0.1', 80, false],
    ['0.0.0.0', 80, false],
    ['127.0.0.1', OWN_PORT, false],
    ['127.9.9.9', OWN_PORT, false],
    ['::1', OWN_PORT, false],
    ['::ffff:127.0.0.1', OWN_PORT, false],
  ])('with loopback allowed, %s port %i: %s', (address, port, expected) => {
    expect(isAllowed(address, port, { allowLoopback: true })).toBe(expected);
  });

  it.each(['127.0.0.1', '0.0.0.0', '::', '::1', '::ffff:172.17.0.2', '172.17.0.2', '93.184.216.34', 'fd00::7'])(
    "refuses Seer's own port on %s, whatever the operator opened",
    (address) => {
      const allow = parseAllowList(`0.0.0.0/0,::/0,127.0.0.1,host.example:${OWN_PORT}`);
      expect(isAllowed(address, OWN_PORT, { allow, allowLoopback: true })).toBe(false);
      expect(isAllowed(address, OWN_PORT + 1, { allow, allowLoopback: true })).toBe(true);
    },
  );

  it.each(['10.5.0.1', '203.0.114.9', 'fd00::5', '::ffff:10.5.0.1'])(
    "refuses Seer's own database at %s, whatever the operator opened",
    (address) => {
      const ownDatabase = { host: 'db.example', port: 5432 };
      const allow = parseAllowList('0.0.0.0/0,::/0,10.5.0.1:5432,host.example');
      const judge = (port: number) =>
        judgeTarget({ host: 'host.example', address, port }, policy({ allow, ownDatabase }), OWN_ADDRESSES);
      expect(judge(5432)).toEqual({ reason: "is Seer's own database" });
      expect(judge(5433)).toBeUndefined();
    },
  );

  it("refuses Seer's own database by its name, at whatever address", () => {
    const rules = policy({ ownDatabase: { host: 'DB.example.', port: 5432 }, allow: parseAllowList('10.0.0.0/8') });
    const judge = (host: string) => judgeTarget({ host, address: '10.9.9.9', port: 5432 }, rules, OWN_ADDRESSES);
    expect(judge('db.example')?.reason).toBe("is Seer's own database");
    expect(judge('other.example')).toBeUndefined();
  });

  it("leaves the same port number on other machines alone, as a database's", () => {
    expect(isAllowed('8.8.8.8', OWN_PORT)).toBe(true);
    expect(isAllowed('10.0.0.5', OWN_PORT, { allow: parseAllowList('10.0.0.0/8') })).toBe(true);
  });

  it.each([
    ['169.254.0.0/16', '169.254.169.254', false],
    ['0.0.0.0/0', '168.63.129.16', false],
    ['host.example', '169.254.169.254', false],
    ['fd00::/8', 'fd00:ec2::254', false],
    ['169.254.169.254', '169.254.169.254', true],
    ['[fd00:ec2::254]:80', 'fd00:ec2::254', true],
  ])('the rule "%s" opens the metadata service %s: %s', (list, address, expected) => {
    expect(isAllowed(address, 80, { allow: parseAllowList(list) })).toBe(expected);
  });

  it('opens a special range by an explicit network', () => {
    expect(isAllowed('64:ff9b::8.8.8.8', 443, { allow: parseAllowList('64:ff9b::/96') })).toBe(true);
  });
});
