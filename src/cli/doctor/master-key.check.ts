import { defineCheck, ok, warn } from './define-check.js';

export const masterKey = defineCheck({
  name: 'master key',
  needsDatabase: true,
  async look({ environment, openDatabase, client }) {
    const { rows } = await client.query<{ exists: boolean }>(
      `select to_regclass('public.encryption_key') is not null as exists`,
    );
    const count = rows[0]!.exists ? (await client.query('select from encryption_key')).rowCount : 0;
    if (count === 0) return warn('There are no data keys yet.', 'The first start makes one with the master key.');
    const { openMasterKey } = await import('../../common/encryption/master-key/open-master-key.js');
    const { encryptionEntities } = await import('../../common/encryption/entities.js');
    const { allKeys, unwrapKey } = await import('../../common/encryption/key-store.js');
    const { withOrm } = await import('../with-orm.js');
    const master = await openMasterKey(environment, false);
    await withOrm(await openDatabase(), encryptionEntities, async (em) => {
      for (const row of await allKeys(em)) await unwrapKey(row, master);
    });
    return ok(`It opens ${count === 1 ? 'the data key' : `all ${count} data keys`}.`);
  },
});
