import { defineJob } from '../../jobs/define-job.js';
import { KeyRotation } from './key-rotation.service.js';

/** Does the work of a rotation of encryption keys. It also comes by itself, should a rotation have been left half done. */
export const rotateKeys = defineJob({
  name: 'rotate-encryption-keys',
  schedule: '*/5 * * * *',
  handle: (_payload, { signal, get }) => get(KeyRotation).advance(signal),
});
