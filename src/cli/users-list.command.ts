import { OperatorError } from '../common/operator.error.js';
import { makePublicId } from '../common/public-id.js';
import { defineCommand } from './define-command.js';

export const usersList = defineCommand({
  words: 'users list',
  summary: 'The users, the newest first.',
  help: 'Prints role, id, subject, issuer and e-mail of each, at most --limit (100) of them.',
  options: { limit: { type: 'string', default: '100' } },
  async run(context) {
    const limit = Number(context.options.limit);
    if (!Number.isInteger(limit) || limit < 1) throw new OperatorError('--limit must be a whole number from 1.');
    const { newestUsers, usersEntities } = await import('../users/index.js');
    const { withOrm } = await import('./with-orm.js');
    await withOrm(await context.openMigrated(), usersEntities, async (em) => {
      const users = await newestUsers(em, limit);
      for (const { role, publicId, userId, issuer, email } of users) {
        const id = makePublicId('user', publicId);
        context.print(`${role.padEnd(6)}  ${id}  ${userId}  ${issuer}  ${email}`.trimEnd());
      }
      if (users.length === limit) context.note(`Only the ${limit} newest are shown; --limit shows more.`);
    });
  },
});
