import { clock } from './clock.check.js';
import { connections } from './connections.check.js';
import { dataDirectory } from './data-directory.check.js';
import { database } from './database.check.js';
import { type Check } from './define-check.js';
import { findings } from './findings.check.js';
import { masterKey } from './master-key.check.js';
import { publicUrl } from './public-url.check.js';
import { schema } from './schema.check.js';
import { walls } from './walls.check.js';

/** Every check, in the order in which they are shown. What else administrators are told to look at belongs here. */
export const checks: readonly Check[] = [
  database,
  schema,
  masterKey,
  clock,
  connections,
  walls,
  dataDirectory,
  publicUrl,
  findings,
];
