import { makePublicId } from '../common/public-id.js';
import { defineCommand } from './define-command.js';
import { userHelp, userOptions } from './user-argument.js';

export const keysList = defineCommand({
  words: 'keys list',
  parameters: ['user'],
  summary: 'The API keys of a user, without their secrets.',
  help: `Prints id, first characters, state, name and scopes of each, the newest first.\n${userHelp}`,
  options: userOptions,
  async run(context) {
    const { findUser, keysOf, usersEntities } = await import('../users/index.js');
    const { withOrm } = await import('./with-orm.js');
    await withOrm(await context.openMigrated(), usersEntities, async (em) => {
      const user = await findUser(em, context.arguments[0]!, context.options.issuer as string | undefined);
      for (const key of await keysOf(em, user)) {
        const id = makePublicId('apiKey', key.keyId);
        context.print(`${id}  ${key.prefix}…  ${stateOf(key)}  ${key.name}  ${key.scopes.join(',')}`);
      }
    });
  },
});

function stateOf({ revokedAt, expiresAt }: { revokedAt: Date | null; expiresAt: Date | null }): string {
  if (revokedAt) return 'revoked';
  if (!expiresAt) return 'live';
  return `${expiresAt.getTime() <= Date.now() ? 'expired' : 'live until'} ${expiresAt.toISOString()}`;
}
