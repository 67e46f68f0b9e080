import { type Finding } from '../../common/findings/define-finding.js';
import { connectionDead } from './connection-dead.finding.js';
import { connectionRefreshFailing } from './connection-refresh-failing.finding.js';

/** What can be wrong with connected accounts. */
export const oauthFindings: readonly Finding[] = [connectionDead, connectionRefreshFailing];
