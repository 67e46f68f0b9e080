/** A host that leads to where no workflow may go, in some notation. */
export interface SsrfHost {
  readonly name: string;
  /** As it stands in a URL. */
  readonly host: string;
  /** The address that a resolver has for it, where it is a name. */
  readonly address?: string;
  /** Whether whoever connects to it without a judgement reaches this machine. */
  readonly isThisMachine: boolean;
}

/** A URL that is refused as it stands. */
export interface SsrfUrl {
  readonly name: string;
  readonly url: string;
}

/** What it leads to, then its notations; a name has its address after an arrow. */
const REMOTE = `
AWS, Azure, Google, DigitalOcean metadata | 169.254.169.254 2852039166 0xa9fea9fe 0251.0376.0251.0376 169.254.43518
AWS, Azure, Google metadata, odd spelling | 169.254.169.254. 0xA9.0xFE.0xA9.0xFE ⑯⑨.②⑤④.⑯⑨.②⑤④ 169%2e254%2e169%2e254
AWS metadata over IPv6 | [fd00:ec2::254] [FD00:0EC2:0:0:0:0:0:254] [::ffff:169.254.169.254] [::ffff:a9fe:a9fe]
AWS metadata by a name | instance-data→169.254.169.254 instance-data.ec2.internal→169.254.169.254
AWS ECS task credentials, EKS pod identity | 169.254.170.2 169.254.170.23 [fd00:ec2::23]
Google metadata by a name | metadata.google.internal→169.254.169.254 METADATA.google.internal.→169.254.169.254 metadata→169.254.169.254
Google metadata over IPv6 | [fd20:ce::254]
Azure WireServer | 168.63.129.16 0xa83f8110
Alibaba metadata | 100.100.100.200 1684301000
Oracle metadata, classic | 192.0.0.192
Scaleway metadata | 169.254.42.42 [fd00:42::42]
private 10/8 | 10.0.0.0 10.0.0.1 10.255.255.255 10.1 167772161 012.0.0.1 0xa000001
private 172.16/12 | 172.16.0.1 172.31.255.255 2886729729
private 192.168/16 | 192.168.0.1 192.168.255.255 192.168.257 0300.0250.1.1 3232235777
carrier-grade NAT | 100.64.0.1 100.127.255.255
link-local | 169.254.0.1 [fe80::1] [febf::1]
unique local, site-local | [fc00::1] [fd12:3456:789a::1] [fec0::1]
multicast | 224.0.0.1 239.255.255.250 [ff02::1] [ff0e::1]
broadcast, reserved | 255.255.255.255 4294967295 240.0.0.1 [4000::1] [100::1]
documentation | 192.0.2.1 198.51.100.1 203.0.113.1 [2001:db8::1] [3fff::1]
benchmarks, relays | 198.18.0.1 192.88.99.1
IPv4-compatible | [::10.0.0.1] [::169.254.169.254]
NAT64 | [64:ff9b::169.254.169.254] [64:ff9b::a00:1] [64:ff9b:1::a00:1]
6to4 | [2002:a9fe:a9fe::] [2002:a00:1::1] [2002:7f00:1::]
Teredo | [2001::1] [2001:0:7f00:1::]
a public name with a private address | intranet.example→10.0.0.1 intranet6.example→fd00::1 10.0.0.1.nip.io→10.0.0.1
`;

const HERE = `
loopback | 127.0.0.1 127.0.0.2 127.255.255.254 127.0.0.1.
loopback, short | 127.1 127.0.1
loopback, decimal | 2130706433 2130706433.
loopback, octal | 0177.0.0.1 0177.1 017700000001 0000177.0.0.1
loopback, hexadecimal | 0x7f.1 0x7f000001 0x7F.0x0.0x0.0x1 0x7f.0.0.01
loopback, other digits and dots | １２７.０.０.１ 127。0。0。1 127．0．0．1 ①②⑦.⓪.⓪.①
loopback, percent-encoded | 127%2e0%2e0%2e1 %31%32%37.0.0.1 %6cocalhost→127.0.0.1
loopback over IPv6 | [::1] [0:0:0:0:0:0:0:1] [0000::0001]
loopback in IPv4-mapped IPv6 | [::ffff:127.0.0.1] [::ffff:7f00:1] [0:0:0:0:0:ffff:127.0.0.1]
unspecified | 0.0.0.0 0 0x0 [::] [::ffff:0.0.0.0]
localhost names | localhost→127.0.0.1 LOCALHOST→127.0.0.1 localhost.→127.0.0.1 a.localhost→::1 ip6-localhost→::1 ｌocalhost→127.0.0.1
a public name for this machine | localtest.me→127.0.0.1 127.0.0.1.nip.io→127.0.0.1 mapped.example→::ffff:127.0.0.1
`;

/** Hosts, names and notations that a judgement of targets must see through. */
export const ssrfHosts: readonly SsrfHost[] = [...parse(REMOTE, false), ...parse(HERE, true)];

/** Schemes that read files or speak other protocols, credentials that hide the host, and what is no URL. */
export const ssrfUrls: readonly SsrfUrl[] = `
file | file:///etc/passwd file://localhost/etc/passwd FILE:///etc/passwd
gopher | gopher://127.0.0.1:6379/_FLUSHALL
ftp | ftp://127.0.0.1/
data | data:text/html,x
other schemes | dict://127.0.0.1:11211/ ldap://127.0.0.1/ ws://127.0.0.1/ jar:http://127.0.0.1!/ javascript:alert(1) unix:///var/run/docker.sock
credentials | http://api.example@127.0.0.1/ http://api.example:80@169.254.169.254/ http://user:secret@127.0.0.1/ http://:x@127.0.0.1/
credentials, odd spelling | http://api.example%40x@127.0.0.1/ http:\\\\\\\\user@127.0.0.1/ https:user@127.0.0.1
no host | http:// http://[::1 http://127.0.0.1:99999/ http://1.2.3.4.5/ http://0x100000000/ http://256.1.1.1/
`
  .trim()
  .split('\n')
  .flatMap((line) => {
    const [name = '', urls = ''] = line.split(' | ');
    return urls.split(' ').map((url) => ({ name, url }));
  });

function parse(table: string, isThisMachine: boolean): SsrfHost[] {
  return table
    .trim()
    .split('\n')
    .flatMap((line) => {
      const [name = '', hosts = ''] = line.split(' | ');
      return hosts.split(' ').map((entry) => {
        const [host = '', address] = entry.split('→');
        return { name, host, ...(address && { address }), isThisMachine };
      });
    });
}
