import ipaddr from 'ipaddr.js';
import { isSingleAddress, parseAllowList, ruleMatches } from './allow-list.js';

function isOpened(list: string, host: string, address: string, port: number): boolean {
  return parseAllowList(list).some((rule) => ruleMatches(rule, host, ipaddr.parse(address), port));
}

describe('the egress allow-list', () => {
  it.each([
    ['10.1.0.0/16', 'x', '10.1.255.7', 443, true],
    ['10.1.0.0/16', 'x', '10.2.0.1', 443, false],
    ['10.1.0.0/16:443', 'x', '10.1.0.1', 443, true],
    ['10.1.0.0/16:443', 'x', '10.1.0.1', 80, false],
    ['192.168.1.4:8080', 'x', '192.168.1.4', 8080, true],
    ['192.168.1.4:8080', 'x', '192.168.1.4', 8081, false],
    ['192.168.1.4:8080', 'x', '192.168.1.5', 8080, false],
    ['192.168.1.4', 'x', '192.168.1.4', 1, true],
    ['[fd00::1]:443', 'x', 'fd00::1', 443, true],
    ['[fd00::1]:443', 'x', 'fd00::1', 444, false],
    ['[fd00::1]', 'x', 'fd00::1', 444, true],
    ['[fd00::/8]:443', 'x', 'fd12::9', 443, true],
    ['fd00::/8', 'x', 'fd12::9', 80, true],
    ['fd00::1', 'x', 'fd00::2', 80, false],
    ['::ffff:10.0.0.5', 'x', '10.0.0.5', 80, true],
    ['0.0.0.0/0', 'x', 'fd00::1', 80, false],
    ['db.internal:5432', 'db.internal', '10.9.9.9', 5432, true],
    ['db.internal:5432', 'db.internal', '10.9.9.9', 5433, false],
    ['db.internal', 'DB.Internal.', '10.9.9.9', 80, true],
    ['db.internal', 'evil.db.internal', '10.9.9.9', 80, false],
    ['db.internal', 'db.internal.evil.com', '10.9.9.9', 80, false],
    ['bücher.internal', 'xn--bcher-kva.internal', '10.9.9.9', 80, true],
    [' 10.0.0.1 , db.internal ,', 'db.internal', '10.9.9.9', 80, true],
    ['', 'db.internal', '10.9.9.9', 80, false],
  ])('"%s" for %s at %s port %i: %s', (list, host, address, port, expected) => {
    expect(isOpened(list, host, address, port)).toBe(expected);
  });

  it.each([
    '10.0.0.0/33',
    '10.0.0/8',
    '10.0.0.0/-1',
    'fd00::/129',
    '10.0.0.1:0',
    '10.0.0.1:65536',
    '10.0.0.1:',
    '10.0.0.1:http',
    'db.internal:5432x',
    '[fd00::1',
    '[db.internal]:x',
    '[]:443',
    '256.1.1.1',
    '0x7f000001',
    '2130706433',
    '127.1',
    'http://db.internal',
    '*.internal',
    'db internal',
    '-db.internal',
    'db..internal',
  ])('refuses "%s" by name', (entry) => {
    const parse = () => parseAllowList(`10.0.0.1,${entry}`);
    expect(parse).toThrow(expect.objectContaining({ code: 'invalid-egress-allow-entry' }));
    expect(parse).toThrow(`The egress allow-list entry "${entry}" `);
  });

  it.each([
    ['10.0.0.1', true],
    ['10.0.0.1/32', true],
    ['[fd00::1]:80', true],
    ['10.0.0.0/31', false],
    ['fd00::/64', false],
    ['db.internal', false],
  ])('knows whether "%s" names a single address: %s', (entry, expected) => {
    expect(parseAllowList(entry).every(isSingleAddress)).toBe(expected);
  });
});
