export { AdminModule } from './admin.module.js';
export { type FindingResponse, type FindingsResponse } from './findings/finding.dto.js';
export { Findings } from './findings/findings.service.js';
export { adminProblems } from './admin-problems.js';
