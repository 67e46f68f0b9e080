import { defineFinding } from '../../findings/define-finding.js';
import { list } from '../../words.js';
import { allKeys } from '../key-store.js';
import { LiveKeyRing } from '../live-key-ring.js';

export const otherMasterKey = defineFinding({
  code: 'other-master-key',
  severity: 'error',
  title: 'Encryption keys are under another master key than that of this process',
  remedy:
    'Start all processes with the master key that was changed to, or finish the exchange: `npm run -s seer -- encryption rewrap`. Until ' +
    'then a process that starts with the wrong one refuses to, and no key can be rotated.',
  async find({ em, get }) {
    const { master } = get(LiveKeyRing);
    const others = (await allKeys(em)).filter(({ masterKeyId }) => masterKeyId !== master.id);
    if (others.length === 0) return [];
    const masters = [...new Set(others.map(({ masterKeyId }) => masterKeyId))];
    return [
      {
        summary: `The master key of this process is ${master.id}, and ${others.length} of its keys are under ${list(masters)}.`,
        since: null,
        ids: others.map(({ id }) => id),
      },
    ];
  },
});
