import { defineFinding } from '../../findings/define-finding.js';
import { lastRotation } from './last-rotation.js';

/** Millions of values take less. */
const USUAL_MS = 3_600_000;

export const rotationUnfinished = defineFinding({
  code: 'rotation-unfinished',
  severity: 'warning',
  title: 'A rotation of encryption keys does not come to its end',
  remedy:
    'Nothing is lost, and everything works: values under the old key are read as before. `POST /v1/admin/encryption/rotations`, or ' +
    '`npm run -s seer -- encryption rotate`, goes on with it; a transaction that never ends may keep it from settling.',
  async find({ em }) {
    const rotation = await lastRotation(em);
    if (rotation?.state !== 'running' || Date.now() - rotation.startedAt.getTime() < USUAL_MS) return [];
    const summary = `The rotation to the encryption key ${rotation.keyId} is still under way.`;
    return [{ summary, since: rotation.startedAt, ids: [rotation.keyId] }];
  },
});
