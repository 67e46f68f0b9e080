import { defineCommand } from './define-command.js';

export const keysRevoke = defineCommand({
  words: 'keys revoke',
  parameters: ['key_id'],
  summary: 'Revoke an API key for good.',
  help: 'Every process refuses the key from its next request on. Ids are those of "seer keys list".',
  async run(context) {
    const id = context.arguments[0]!;
    const { withUsers } = await import('./with-users.js');
    await withUsers(context, async (em, { revokeApiKey }) => {
      await revokeApiKey(em, id, {});
      context.print(`${id} is revoked.`);
    });
  },
});
