export { AdminModule } from './admin.module.js';
export { Findings } from './findings/findings.service.js';
export { adminProblems } from './admin-problems.js';
