import { defineCommand } from './define-command.js';

export const keysRevoke = defineCommand({
  words: 'keys revoke',
  parameters: ['key_id'],
  summary: 'Revoke an API key for good.',
  help: 'Every process refuses the key from its next request on. Ids are those of "seer keys list".',
  async run(context) {
    const id = context.arguments[0]!;
    const { revokeKey, usersEntities } = await import('../users/index.js');
    const { withOrm } = await import('./with-orm.js');
    await withOrm(await context.openMigrated(), usersEntities, async (em) => {
      await revokeKey(em, id);
      context.print(`${id} is revoked.`);
    });
  },
});
