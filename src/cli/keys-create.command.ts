import { defineCommand } from './define-command.js';
import { userHelp, userOptions } from './user-argument.js';

export const keysCreate = defineCommand({
  words: 'keys create',
  parameters: ['user'],
  summary: 'Make an API key for a user.',
  help: [
    'Prints the secret of the key, this once, on the standard output, and what it is on the standard error.',
    userHelp,
    '',
    '  --name     what it is for',
    '  --scopes   comma separated, or all',
    '  --expires  when it stops working, such as 2030-01-01T00:00:00Z; without it, never',
    '',
    "  npm run -s seer -- keys create ada@example.com --name 'Deploy script' --scopes workflows:read,runs:write",
  ].join('\n'),
  options: {
    ...userOptions,
    name: { type: 'string', default: 'Command line' },
    scopes: { type: 'string', default: '' },
    expires: { type: 'string' },
  },
  async run(context) {
    const { name, scopes, expires, issuer } = context.options as Record<string, string | undefined>;
    const { findUser, makeKey, usersEntities } = await import('../users/index.js');
    const { withOrm } = await import('./with-orm.js');
    await withOrm(await context.openMigrated(), usersEntities, async (em) => {
      const user = await findUser(em, context.arguments[0]!, issuer);
      const wanted = { name: name!, scopes: scopes!.split(',').map((scope) => scope.trim()), expires };
      const { key, secret } = await makeKey(em, user, wanted);
      context.print(secret);
      context.note(`A key of ${user.userId} for ${key.scopes.join(', ')}. It is shown only now.`);
    });
  },
});
