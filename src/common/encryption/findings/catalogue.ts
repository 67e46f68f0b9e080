import { type Finding } from '../../findings/define-finding.js';
import { otherMasterKey } from './other-master-key.finding.js';
import { rotationUnfinished } from './rotation-unfinished.finding.js';
import { valuesUnreadable } from './values-unreadable.finding.js';

/** What can be wrong with encryption. */
export const encryptionFindings: readonly Finding[] = [otherMasterKey, valuesUnreadable, rotationUnfinished];
