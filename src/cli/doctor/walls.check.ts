import { doorsOf, identityThrough } from '../../common/database/walls/doors.js';
import { type Owner, ownerOfTables, rolesOf } from '../../common/database/walls/roles.js';
import { defineCheck, fail, ok, warn } from './define-check.js';

export const walls = defineCheck({
  name: 'walls',
  needsDatabase: true,
  async look({ client, openDatabase }) {
    const database = await openDatabase();
    const { engine, api } = await doorsOf(database);
    if (!api) {
      const owner = (await client.query<Owner>(ownerOfTables)).rows[0];
      if (!owner) return warn('There are no tables yet.', 'The first start makes them, and the roles of the walls.');
      const roles = rolesOf(owner.name);
      return warn(
        `The roles ${roles.api} and ${roles.engine} are missing, cannot be taken, or have members that are none of ${owner.name}: ` +
          'only the code keeps users apart.',
        'Make them as docs/operations.md says under "Two walls", then run "npm run -s seer -- migrate".',
      );
    }
    for (const door of [engine, api]) {
      const [wanted, found] = [door.role ?? door.user, await identityThrough(door, database.url)];
      if (found !== wanted) {
        const remedy = 'Connect to the database directly, or by a pooler that keeps sessions as they are.';
        return fail(`A connection that should be one of ${wanted} is one of ${found}.`, remedy);
      }
    }
    return ok(`Requests reach the rows of their user only, in the role ${api.role ?? api.user}.`);
  },
});
