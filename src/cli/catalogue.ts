import { type Command } from './define-command.js';
import { encryptionRewrap } from './encryption-rewrap.command.js';
import { encryptionRotate } from './encryption-rotate.command.js';
import { encryptionStatus } from './encryption-status.command.js';

/** Every command. */
export const commands: readonly Command[] = [encryptionStatus, encryptionRotate, encryptionRewrap];
