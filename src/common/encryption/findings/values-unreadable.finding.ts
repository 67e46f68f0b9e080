import { defineFinding, MOST_IDS } from '../../findings/define-finding.js';
import { count } from '../../words.js';
import { lastRotation } from './last-rotation.js';

export const valuesUnreadable = defineFinding({
  code: 'values-unreadable',
  severity: 'error',
  title: 'Stored secrets do not decrypt',
  remedy:
    'They were altered, or moved from another place, behind the back of Seer. Restore them from a backup, or have their owners enter ' +
    'them again: connect the account, write the secret anew. `GET /v1/admin/encryption/rotations/current` names each of them.',
  async find({ em }) {
    const rotation = await lastRotation(em);
    if (!rotation || rotation.unreadableCount === 0) return [];
    const { unreadableCount, unreadable, startedAt } = rotation;
    return [
      {
        summary: `The last rotation of encryption keys met ${count(unreadableCount, 'value')} that ${unreadableCount === 1 ? 'does' : 'do'} not decrypt.`,
        since: startedAt,
        ids: [...new Set(unreadable.map(({ row }) => row))].slice(0, MOST_IDS),
      },
    ];
  },
});
