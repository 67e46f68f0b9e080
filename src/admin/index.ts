export { AdminModule } from './admin.module.js';
export { type OperatorFindingResponse, type OperatorFindingsResponse } from './findings/finding.dto.js';
export { Findings } from './findings/findings.service.js';
export { adminProblems } from './admin-problems.js';
