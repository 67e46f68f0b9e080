import { Module } from '@nestjs/common';
import { ApprovalFormController } from './approvals/approval-form.controller.js';
import { ApprovalLinks } from './approvals/approval-links.js';
import { ApprovalsController } from './approvals/approvals.controller.js';
import { ApprovalsService } from './approvals/approvals.service.js';
import { DraftsController } from './drafts.controller.js';
import { DraftsService } from './drafts.service.js';
import { CheckpointsService } from './history/checkpoints.service.js';
import { EventStreams } from './history/event-streams.js';
import { ExplainService } from './history/explain.service.js';
import { ForksService } from './history/forks.service.js';
import { PastRuns } from './history/past-runs.js';
import { RunEvents } from './history/run-events.js';
import { RunHistoryController } from './history/run-history.controller.js';
import { SharedLooks } from './history/shared-looks.js';
import { AllRuns } from './oversight/all-runs.service.js';
import { RunLoad } from './oversight/run-load.service.js';
import { NodeTypesController } from './nodes/node-types.controller.js';
import { ExportsService } from './portability/exports.service.js';
import { ImportsService } from './portability/imports.service.js';
import { PortabilityController } from './portability/portability.controller.js';
import { PortableSubscriptions } from './portability/portable-subscriptions.js';
import { Requirements } from './portability/requirements.service.js';
import { PreflightController } from './preflight/preflight.controller.js';
import { Publications } from './publications.js';
import { ProposalsController } from './proposals/proposals.controller.js';
import { ProposalsService } from './proposals/proposals.service.js';
import { EventLedger } from './runs/engine/event-ledger.js';
import { RunEndings } from './runs/engine/run-endings.js';
import { GroupCommitter } from './runs/engine/group-committer.js';
import { ChildRuns } from './runs/engine/child-runs.js';
import { RunHoldings } from './runs/engine/run-holdings.js';
import { QueueMetrics } from './runs/engine/queue-metrics.js';
import { RunAdmission } from './runs/engine/run-admission.js';
import { RunDeltas } from './runs/engine/run-deltas.js';
import { RunDispatcher } from './runs/engine/run-dispatcher.js';
import { RunExecutor } from './runs/engine/run-executor.js';
import { RunKeeper } from './runs/engine/run-keeper.js';
import { RunNews } from './runs/engine/run-news.js';
import { RunBroadcasts } from './runs/engine/run-broadcasts.js';
import { RunQueue } from './runs/engine/run-queue.js';
import { RunSlots } from './runs/engine/run-slots.js';
import { RunSweeper } from './runs/engine/run-sweeper.js';
import { WorkerLease } from './runs/engine/worker-lease.js';
import { RunQuota } from './runs/quota/run-quota.js';
import { RunControl } from './runs/run-control.service.js';
import { RunWaiter } from './runs/run-waiter.js';
import { RunReader } from './runs/run-reader.js';
import { RunStarter } from './runs/run-starter.js';
import { RunTargets } from './runs/run-target.js';
import { RunsController } from './runs/runs.controller.js';
import { RunsOfConnection } from './runs/runs-of-connection.js';
import { RunsService } from './runs/runs.service.js';
import { SpecPreflight } from './spec-preflight.js';
import { SubWorkflows } from './sub-workflows.js';
import { VersionsController } from './versions.controller.js';
import { VersionsService } from './versions.service.js';
import { WorkflowSpecs } from './workflow-specs.js';
import { WorkflowInputs } from './workflow-inputs.js';
import { WorkflowRepository } from './workflow.repository.js';
import { WorkflowsOfConnection } from './workflows-of-connection.js';
import { WorkflowsController } from './workflows.controller.js';
import { WorkflowsService } from './workflows.service.js';

/** What to do, and doing it: authoring, preflight, compiling and running. */
@Module({
  controllers: [
    // Before the routes with an id, which `validate` would otherwise be taken for.
    PreflightController,
    WorkflowsController,
    DraftsController,
    VersionsController,
    ProposalsController,
    PortabilityController,
    NodeTypesController,
    RunsController,
    ApprovalsController,
    ApprovalFormController,
    RunHistoryController,
  ],
  providers: [
    WorkflowInputs,
    WorkflowRepository,
    WorkflowsService,
    WorkflowsOfConnection,
    DraftsService,
    VersionsService,
    ProposalsService,
    ExportsService,
    ImportsService,
    PortableSubscriptions,
    Requirements,
    WorkflowSpecs,
    SpecPreflight,
    SubWorkflows,
    Publications,
    EventLedger,
    RunEndings,
    GroupCommitter,
    ChildRuns,
    RunHoldings,
    QueueMetrics,
    RunAdmission,
    RunDeltas,
    RunDispatcher,
    RunExecutor,
    RunKeeper,
    RunNews,
    RunBroadcasts,
    RunQueue,
    RunSlots,
    RunSweeper,
    WorkerLease,
    RunWaiter,
    RunReader,
    RunQuota,
    RunStarter,
    RunControl,
    ApprovalLinks,
    ApprovalsService,
    RunTargets,
    RunsOfConnection,
    RunsService,
    CheckpointsService,
    ExplainService,
    ForksService,
    PastRuns,
    RunEvents,
    EventStreams,
    SharedLooks,
    AllRuns,
    RunLoad,
  ],
  exports: [
    AllRuns,
    EventLedger,
    PortableSubscriptions,
    Publications,
    RunAdmission,
    RunControl,
    RunEndings,
    RunWaiter,
    RunLoad,
    RunQuota,
    RunReader,
    RunStarter,
    RunTargets,
    WorkflowInputs,
    WorkflowRepository,
  ],
})
export class WorkflowsModule {}
