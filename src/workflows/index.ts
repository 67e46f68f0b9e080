import { prunableRuns } from './runs/retention/runs.prunable.js';
import { RunWorker } from './runs/run-worker.entity.js';
import { WorkflowRunCheckpoint } from './runs/workflow-run-checkpoint.entity.js';
import { WorkflowRunStep } from './runs/workflow-run-step.entity.js';
import { DeletedRunCount } from './runs/quota/deleted-run-count.entity.js';
import { WorkflowRunEnding } from './runs/workflow-run-ending.entity.js';
import { WorkflowRun } from './runs/workflow-run.entity.js';
import { WorkflowWatch } from './runs/workflow-watch.entity.js';
import { WorkflowProposal } from './proposals/workflow-proposal.entity.js';
import { WorkflowDraftRevision } from './workflow-draft-revision.entity.js';
import { WorkflowDraft } from './workflow-draft.entity.js';
import { WorkflowVersion } from './workflow-version.entity.js';
import { Workflow } from './workflow.entity.js';

export { Budget } from './expressions/budget.js';
export { checkExpression } from './expressions/check-expression.js';
export { ExpressionError } from './expressions/expression-error.js';
export { type Expression, parseExpression } from './expressions/expression.js';
export { workflowsFindings } from './findings/catalogue.js';
export { AllRuns } from './oversight/all-runs.service.js';
export { AllRunsQuery, ExplainedRunResponse, OwnedRunPage, OwnedRunResponse } from './oversight/all-runs.dto.js';
export {
  MOST_COUNTED,
  RunLoad,
  type RunLoadState,
  type Waiting,
  type WorkerState,
} from './oversight/run-load.service.js';
export {
  type ExportedSubscription,
  type ImportedSubscription,
  PortableSubscriptions,
  type SubscriptionKeeper,
} from './portability/portable-subscriptions.js';
export { type PortableSubscription } from './portability/portable-workflow.js';
export { Publications, type Publication } from './publications.js';
export { EventLedger, type EventOfUser } from './runs/engine/event-ledger.js';
export { type NewRun, type RunConcurrency } from './runs/engine/rows.js';
export { RunAdmission } from './runs/engine/run-admission.js';
export { type EndedRun, RunEndings } from './runs/engine/run-endings.js';
export { RunControl } from './runs/run-control.service.js';
export { RunWaiter } from './runs/run-waiter.js';
export { newRun, type RunRequest, RunStarter } from './runs/run-starter.js';
export { type RunTarget, RunTargets, targetColumns, type TargetRow } from './runs/run-target.js';
export { eachSource } from './runs/run-status.js';
export { type RunView } from './runs/run-view.js';
export { ConcurrencyKeyInvalidError, ConcurrencyLimitError, RunInputsInvalidError } from './runs/run.errors.js';
export { type Finding } from './spec/findings.js';
export { RunQuota } from './runs/quota/run-quota.js';
export { RunReader } from './runs/run-reader.js';
export { WorkflowInputs } from './workflow-inputs.js';
export { WorkflowRepository } from './workflow.repository.js';
export { SpecInvalidProblem } from './workflow.errors.js';
export { WorkflowsModule } from './workflows.module.js';
export { workflowsProblems } from './workflows-problems.js';
export { Workflow };
export const workflowsPrunables = [prunableRuns];
export const workflowsEntities = [
  Workflow,
  WorkflowDraft,
  WorkflowDraftRevision,
  WorkflowVersion,
  WorkflowProposal,
  WorkflowRun,
  WorkflowRunStep,
  WorkflowRunCheckpoint,
  RunWorker,
  WorkflowRunEnding,
  DeletedRunCount,
  WorkflowWatch,
];
