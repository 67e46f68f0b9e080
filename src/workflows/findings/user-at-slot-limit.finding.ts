import { defineFinding } from '../../common/findings/define-finding.js';
import { makePublicId } from '../../common/public-id.js';
import { count } from '../../common/words.js';
import { queueState } from './queued-users.js';

export const userAtSlotLimit = defineFinding({
  code: 'user-at-slot-limit',
  severity: 'warning',
  title: 'A user has as many runs under way as one may',
  remedy:
    'Others are not kept waiting by it, which is the purpose. If it should go on faster, start more processes or raise ' +
    'SEER_RUN_SLOTS_PER_USER.',
  async find(context) {
    const { users, workers, running, slots, slotsPerUser } = await queueState(context);
    if (workers === 0 || running >= slots) return [];
    const limited = users.filter((user) => user.running >= slotsPerUser);
    return limited.slice(0, context.most + 1).map(({ name, queued, running: held, since, runId }) => ({
      summary: `${count(queued, 'run')} of ${name} ${queued === 1 ? 'waits' : 'wait'}, as ${held} are under way already: one user may hold ${slotsPerUser} slots.`,
      since,
      ids: [makePublicId('run', runId)],
    }));
  },
});
