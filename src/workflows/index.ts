import { RunWorker } from './runs/run-worker.entity.js';
import { WorkflowRunCheckpoint } from './runs/workflow-run-checkpoint.entity.js';
import { WorkflowRunStep } from './runs/workflow-run-step.entity.js';
import { WorkflowRun } from './runs/workflow-run.entity.js';
import { WorkflowDraftRevision } from './workflow-draft-revision.entity.js';
import { WorkflowDraft } from './workflow-draft.entity.js';
import { WorkflowVersion } from './workflow-version.entity.js';
import { Workflow } from './workflow.entity.js';

export { WorkflowsModule } from './workflows.module.js';
export { workflowsProblems } from './workflows-problems.js';
export const workflowsEntities = [
  Workflow,
  WorkflowDraft,
  WorkflowDraftRevision,
  WorkflowVersion,
  WorkflowRun,
  WorkflowRunStep,
  WorkflowRunCheckpoint,
  RunWorker,
];
