import { roles, wallsStand } from '../../common/database/walls/raise-walls.js';
import { defineCheck, ok, warn } from './define-check.js';

export const walls = defineCheck({
  name: 'walls',
  needsDatabase: true,
  async look({ client }) {
    const { rows } = await client.query<{ stand: boolean }>(wallsStand);
    if (rows[0]!.stand) return ok(`Requests reach the rows of their user only, in the role ${roles.api}.`);
    return warn(
      `The roles ${roles.api} and ${roles.engine} are missing, or cannot be taken: only the code keeps users apart.`,
      'Make them as docs/operations.md says under "Two walls", then run "npm run -s seer -- migrate".',
    );
  },
});
