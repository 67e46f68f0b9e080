import type { LookupAddress } from 'node:dns';
import { parseAllowList } from './allow-list.js';
import { egressWith, startServer } from './egress.spec-helper.js';
import type { Lookup } from './egress.types.js';

const REFUSED = expect.objectContaining({
  code: 'egress-denied',
  message: expect.stringContaining("is Seer's own database. This cannot be allowed."),
});

/** A resolver of these names; the database's fails where it has no addresses. */
function names(addresses: Record<string, readonly string[]>): Lookup & { readonly questions: string[] } {
  const questions: string[] = [];
  const lookup = (host: string): Promise<LookupAddress[]> => {
    questions.push(host);
    const answer = addresses[host.replace(/\.$/, '')] ?? [];
    if (answer.length === 0) return Promise.reject(new Error('no answer'));
    return Promise.resolve(answer.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })));
  };
  return Object.assign(lookup, { questions });
}

describe("Seer's own database", () => {
  it('is refused at all of its addresses and under every name, at its port only', async () => {
    await using server = await startServer((_request, response) => response.end());
    const lookup = names({ 'db.example': ['10.5.0.1', '127.0.0.1'], 'alias.example': ['127.0.0.1'] });
    const allow = parseAllowList(`0.0.0.0/0,127.0.0.1:${server.port},alias.example,db.example`);
    await using egress = egressWith({ allow, lookup, ownDatabase: { host: 'db.example', port: server.port } });
    await using other = egressWith({ allow, lookup, ownDatabase: { host: 'db.example', port: 5432 } });

    for (const host of [
      '127.0.0.1',
      '2130706433',
      '[::ffff:127.0.0.1]',
      'alias.example',
      'db.example',
      'DB.EXAMPLE.',
    ]) {
      const url = `http://${host}:${server.port}/`;
      await expect(egress.request({ method: 'GET', url })).rejects.toEqual(REFUSED);
      const connection = egress.connect({ host, port: server.port, maxBytes: 1 });
      await expect(connection).rejects.toEqual(REFUSED);
    }
    await expect(egress.connect({ host: '10.5.0.1', port: server.port, maxBytes: 1 })).rejects.toEqual(REFUSED);
    expect(server.connections()).toBe(0);
    const url = `http://alias.example:${server.port}/`;
    await expect(other.request({ method: 'GET', url })).resolves.toMatchObject({ status: 200 });
  });

  it('is looked up only for targets at its port, and not each time', async () => {
    await using server = await startServer((_request, response) => response.end());
    const lookup = names({ 'db.example': ['10.5.0.1'] });
    await using egress = egressWith({ lookup, ownDatabase: { host: 'db.example', port: 5432 } });
    await egress.request({ method: 'GET', url: server.url });
    expect(lookup.questions).toEqual([]);
    for (const host of ['10.5.0.1', '10.5.0.1', '10.5.0.2']) {
      await expect(egress.connect({ host, port: 5432, maxBytes: 1 })).rejects.toMatchObject({ code: 'egress-denied' });
    }
    expect(lookup.questions).toEqual(['db.example']);
  });

  it('opens nothing when its name cannot be resolved, and closes nothing else', async () => {
    await using server = await startServer((_request, response) => response.end());
    const ownDatabase = { host: 'db.example', port: server.port };
    const lookup = names({});
    await using strict = egressWith({ lookup, ownDatabase, allowLoopback: false });
    await using open = egressWith({ lookup, ownDatabase });
    const request = { method: 'GET', url: server.url };
    await expect(strict.request(request)).rejects.toMatchObject({ code: 'egress-denied' });
    await expect(open.request(request)).resolves.toMatchObject({ status: 200 });
  });
});
