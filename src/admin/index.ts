import { prune } from './retention/prune.job.js';
import { RetentionPass } from './retention/retention-pass.entity.js';

export { AdminModule } from './admin.module.js';
export { adminProblems } from './admin-problems.js';
export const adminEntities = [RetentionPass];
export const adminJobs = [prune];
