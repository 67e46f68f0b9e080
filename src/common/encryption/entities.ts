import { EncryptionKey } from './encryption-key.entity.js';
import { EncryptionRotation } from './rotation/encryption-rotation.entity.js';

export const encryptionEntities = [EncryptionKey, EncryptionRotation];
