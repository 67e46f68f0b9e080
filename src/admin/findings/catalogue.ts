import { encryptionFindings } from '../../common/encryption/findings/catalogue.js';
import { type Finding } from '../../common/findings/define-finding.js';
import { jobFailed } from '../../common/jobs/findings/job-failed.finding.js';
import { oauthFindings } from '../../oauth/index.js';
import { triggersFindings } from '../../triggers/index.js';
import { workflowsFindings } from '../../workflows/index.js';

/** All that is looked for: each module knows what can be wrong with what it keeps. */
export const findings: readonly Finding[] = [
  ...encryptionFindings,
  jobFailed,
  ...oauthFindings,
  ...workflowsFindings,
  ...triggersFindings,
];
