import { prune } from './retention/prune.job.js';
import { RetentionPass } from './retention/retention-pass.entity.js';
import { eraseUser } from './users/erase-user.job.js';

export { AdminModule } from './admin.module.js';
export { Findings } from './findings/findings.service.js';
export { adminProblems } from './admin-problems.js';
export const adminEntities = [RetentionPass];
export const adminJobs = [eraseUser, prune];
