export { AdminModule } from './admin.module.js';
export { adminProblems } from './admin-problems.js';
