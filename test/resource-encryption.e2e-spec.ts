import { type Client as Database } from 'pg';
import { KeyRotation } from '../src/common/encryption/rotation/key-rotation.service.js';
import { startApp, type TestApp } from './support/app.js';
import { makeCaller } from './support/callers.js';
import { type Client } from './support/client.js';
import { connect } from './support/database.js';
import { json, type Peer, startPeer } from './support/peer.js';
import { makeResource, runTool } from './support/resources.js';

let seer: TestApp;
let api: Peer;
let behind: Database;
let ada: Client;
let bob: Client;

beforeAll(async () => {
  seer = await startApp({ SEER_KEY_POLL_MS: '500' });
  behind = await connect(seer.databaseUrl);
  api = await startPeer((request, response) => {
    json(response, {}, request.headers.authorization === 'Bearer ada-secret' ? 200 : 403);
  });
  ada = seer.stranger.as((await makeCaller(seer.app)).token);
  bob = seer.stranger.as((await makeCaller(seer.app)).token);
});

afterAll(async () => {
  await behind.end();
  await seer.close();
  await api.close();
});

const makeApi = (client: Client, secrets: object) => makeResource(client, 'http_api', { base_url: api.url }, secrets);
const call = (client: Client, resource: string) => runTool(client, 'http.request', resource, { url: '/' });
const valueOf = async (id: string, key = 'bearer_token'): Promise<string> => {
  const { rows } = await behind.query(
    `select s.value from integration_secret s join integration_resource r on r.id = s.resource_id
      where r.resource_id = $1 and s.key = $2`,
    [id.slice(4), key],
  );
  return rows[0].value;
};
const putValue = (id: string, value: string) =>
  behind.query(
    `update integration_secret set value = $2 where resource_id = (select id from integration_resource where resource_id = $1)`,
    [id.slice(4), value],
  );

describe('a secret of a resource', () => {
  it('is stored encrypted, and differently each time', async () => {
    const [one, other] = [await makeApi(ada, { bearer_token: 'same' }), await makeApi(ada, { bearer_token: 'same' })];
    expect(await valueOf(one)).not.toContain('same');
    expect(await valueOf(one)).not.toBe(await valueOf(other));
  });

  it('opens in its own resource, under its own key, for its own user only', async () => {
    const mine = await makeApi(ada, { bearer_token: 'ada-secret' });
    const other = await makeApi(ada, { bearer_token: 'other' });
    const named = await makeApi(ada, { another: 'ada-secret', bearer_token: 'other' });
    const foreign = await makeApi(bob, { bearer_token: 'bob' });
    expect((await call(ada, mine)).status).toBe('COMPLETED');
    const stolen = await valueOf(mine);
    for (const [client, id] of [
      [ada, other],
      [bob, foreign],
    ] as const) {
      await putValue(id, stolen);
      expect(await call(client, id)).toMatchObject({ status: 'FAILED', error_detail: { code: 'decryption-failed' } });
    }
    await putValue(named, await valueOf(named, 'another'));
    expect((await call(ada, named)).error_detail.code).toBe('decryption-failed');
    expect(api.requests).toHaveLength(1);
  });

  it('goes on to work when the keys are rotated, under the new one', async () => {
    const id = await makeApi(ada, { bearer_token: 'ada-secret' });
    const before = await valueOf(id);
    await behind.query(`delete from integration_secret where resource_id not in
      (select r.id from integration_resource r where r.resource_id = '${id.slice(4)}')`);
    const rotation = seer.app.get(KeyRotation);
    const { keyId } = await rotation.begin();
    await rotation.advance(new AbortController().signal);
    expect(await valueOf(id)).not.toBe(before);
    expect(await valueOf(id)).toContain(keyId);
    expect((await call(ada, id)).status).toBe('COMPLETED');
  });
});
