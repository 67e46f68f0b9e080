import { type EncryptedColumn } from './common/encryption/encrypted-column.js';
import { integrationsSecrets } from './integrations/index.js';
import { oauthSecrets } from './oauth/index.js';
import { triggersSecrets } from './triggers/index.js';

/** Every encrypted column of Seer, module by module: a rotation that did not know one would retire its key. */
export const secrets: readonly EncryptedColumn[] = [...oauthSecrets, ...integrationsSecrets, ...triggersSecrets];
