import { Module } from '@nestjs/common';
import { CatalogueController } from './catalogue.controller.js';
import { DraftsController } from './drafts.controller.js';
import { DraftsService } from './drafts.service.js';
import { PreflightController } from './preflight/preflight.controller.js';
import { GroupCommitter } from './runs/engine/group-committer.js';
import { RunDispatcher } from './runs/engine/run-dispatcher.js';
import { RunEnds } from './runs/engine/run-ends.js';
import { RunExecutor } from './runs/engine/run-executor.js';
import { RunQueue } from './runs/engine/run-queue.js';
import { RunSlots } from './runs/engine/run-slots.js';
import { RunReader } from './runs/run-reader.js';
import { RunStarter } from './runs/run-starter.js';
import { RunTargets } from './runs/run-target.js';
import { RunsController } from './runs/runs.controller.js';
import { RunsService } from './runs/runs.service.js';
import { VersionsController } from './versions.controller.js';
import { VersionsService } from './versions.service.js';
import { WorkflowSpecs } from './workflow-specs.js';
import { WorkflowRepository } from './workflow.repository.js';
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
    CatalogueController,
    RunsController,
  ],
  providers: [
    WorkflowRepository,
    WorkflowsService,
    DraftsService,
    VersionsService,
    WorkflowSpecs,
    GroupCommitter,
    RunDispatcher,
    RunEnds,
    RunExecutor,
    RunQueue,
    RunSlots,
    RunReader,
    RunStarter,
    RunTargets,
    RunsService,
  ],
})
export class WorkflowsModule {}
