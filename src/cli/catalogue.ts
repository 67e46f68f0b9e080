import { backup } from './backup.command.js';
import { type Command } from './define-command.js';
import { doctor } from './doctor.command.js';
import { encryptionRewrap } from './encryption-rewrap.command.js';
import { encryptionRotate } from './encryption-rotate.command.js';
import { encryptionStatus } from './encryption-status.command.js';
import { keysCreate } from './keys-create.command.js';
import { keysList } from './keys-list.command.js';
import { keysRevoke } from './keys-revoke.command.js';
import { migrate } from './migrate.command.js';
import { restore } from './restore.command.js';
import { usersList } from './users-list.command.js';
import { usersDemote, usersPromote } from './users-promote.command.js';

/** Every command. */
export const commands: readonly Command[] = [
  doctor,
  migrate,
  backup,
  restore,
  usersList,
  usersPromote,
  usersDemote,
  keysCreate,
  keysList,
  keysRevoke,
  encryptionStatus,
  encryptionRotate,
  encryptionRewrap,
];
