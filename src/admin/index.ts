import { eraseUser } from './users/erase-user.job.js';

export { AdminModule } from './admin.module.js';
export { Findings } from './findings/findings.service.js';
export { adminProblems } from './admin-problems.js';
export const adminJobs = [eraseUser];
