import { defineCommand } from './define-command.js';

export const encryptionRewrap = defineCommand({
  words: 'encryption rewrap',
  summary: 'Exchange the master key.',
  help: [
    'Opens all data keys with the old master key and wraps them with the new one, all or none; the secrets themselves',
    'stay as they are. Configure the new master key as it will stay, and name the old one for this command only:',
    '',
    '  export SEER_MASTER_KEY_KMS=aws-kms://arn:aws:kms:…            # or SEER_MASTER_KEY, SEER_MASTER_KEY_FILE',
    '  SEER_OLD_MASTER_KEY_FILE=.seer/master.key npm run -s seer -- encryption rewrap   # or …_KEY, …_KMS',
    '',
    'Running processes go on; start each with the new master key before the next rotation. Keep the old master key as',
    'long as you keep backups of the database from before.',
  ].join('\n'),
  async run({ environment, openMigrated, print }) {
    const { openMasterKey, openOldMasterKey } = await import('../common/encryption/master-key/open-master-key.js');
    const { encryptionEntities } = await import('../common/encryption/entities.js');
    const { rewrapKeys } = await import('../common/encryption/rewrap.js');
    const { withOrm } = await import('./with-orm.js');
    const [from, to] = [await openOldMasterKey(environment), await openMasterKey(environment, false)];
    await withOrm(await openMigrated(), encryptionEntities, async (em) => {
      const rewrapped = await rewrapKeys(em, { from, to });
      for (const id of rewrapped) print(`${id} is now under ${to.id}`);
      if (rewrapped.length === 0) print(`All keys were under ${to.id} already.`);
    });
  },
});
