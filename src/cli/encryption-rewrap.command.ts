import { MikroORM } from '@mikro-orm/postgresql';
import { ormOptions } from '../common/database/orm-options.js';
import { encryptionEntities } from '../common/encryption/entities.js';
import { openMasterKey, openOldMasterKey } from '../common/encryption/master-key/open-master-key.js';
import { rewrapKeys } from '../common/encryption/rewrap.js';
import { defineCommand } from './define-command.js';

export const encryptionRewrap = defineCommand({
  words: 'encryption rewrap',
  summary: 'Exchange the master key.',
  help: [
    'Opens all data keys with the old master key and wraps them with the new one, all or none; the secrets themselves',
    'stay as they are. Configure the new master key as it will stay, and name the old one for this command only:',
    '',
    '  export SEER_MASTER_KEY_KMS=aws-kms://arn:aws:kms:…            # or SEER_MASTER_KEY, SEER_MASTER_KEY_FILE',
    '  SEER_OLD_MASTER_KEY_FILE=.seer/master.key npm run seer -- encryption rewrap   # or …_KEY, …_KMS',
    '',
    'Running processes go on; start each with the new master key before the next rotation. Keep the old master key as',
    'long as you keep backups of the database from before.',
  ].join('\n'),
  async run({ environment, database, print }) {
    const [from, to] = [await openOldMasterKey(environment), await openMasterKey(environment, false)];
    const orm = await MikroORM.init(ormOptions({ url: database.url, entities: encryptionEntities }));
    try {
      const rewrapped = await rewrapKeys(orm.em.fork(), { from, to });
      for (const id of rewrapped) print(`${id} is now under ${to.id}`);
      if (rewrapped.length === 0) print(`All keys were under ${to.id} already.`);
    } finally {
      await orm.close();
    }
  },
});
