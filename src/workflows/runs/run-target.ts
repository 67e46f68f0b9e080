import { Injectable } from '@nestjs/common';
import { type HotRead, HotReads } from '../../common/database/hot-reads.js';
import { type JsonObject } from '../../common/json.js';
import { parsePublicId } from '../../common/public-id.js';
import { type Principal } from '../../users/index.js';
import { type CompiledWorkflow, SpecInvalidError } from '../compiler/compile-workflow.js';
import { VersionsService } from '../versions.service.js';
import { WorkflowSpecs } from '../workflow-specs.js';
import {
  NotPublishedError,
  SpecInvalidProblem,
  VersionNotFoundError,
  WorkflowNotFoundError,
} from '../workflow.errors.js';

/** Whose workflow it is. */
type Owner = Pick<Principal, 'userId'>;

/** Which version of a workflow runs. */
export type RunVersion = 'published' | 'draft' | number;

/** What a run is to execute, found and compiled. */
export interface RunTarget {
  readonly compiled: CompiledWorkflow;
  /** The workflow's uuid and internal id; null for an ad hoc run. */
  readonly workflow: { readonly uuid: string; readonly id: string } | null;
  readonly version: { readonly id: string; readonly number: number } | null;
  /** The spec itself, of an ad hoc run only. */
  readonly spec: JsonObject | null;
}

/** What a look-up of a workflow with a version of it gives; `targetColumns` are its columns. */
export interface TargetRow {
  /** Internal ids. */
  workflow_row: string;
  version_id: string;
  version_number: number;
  spec_hash: string;
  workflow_uuid: string;
}

/** Of `workflow w` joined with `workflow_version v`. */
export const targetColumns = `w.id as workflow_row, w.workflow_id as workflow_uuid, v.id as version_id, v.version_number, v.spec_hash`;

interface VersionRow {
  id: string;
  version_id: string | null;
  version_number: number | null;
  spec_hash: string | null;
}

/** Finds what a run is to execute; the first thing that starting a run does, so it is one statement. */
@Injectable()
export class RunTargets {
  constructor(
    private readonly reads: HotReads,
    private readonly versions: VersionsService,
    private readonly specs: WorkflowSpecs,
  ) {}

  /** @throws WorkflowNotFoundError, NotPublishedError, VersionNotFoundError, SpecInvalidProblem */
  async ofWorkflow(caller: Principal, publicId: string, wanted: RunVersion): Promise<RunTarget> {
    // A run of the draft freezes it first; the same draft again is the same version.
    const number = wanted === 'draft' ? (await this.versions.freezeDraft(caller, publicId)).versionNumber : wanted;
    return this.ofVersion(caller, publicId, number);
  }

  /** @throws WorkflowNotFoundError, NotPublishedError, VersionNotFoundError, SpecInvalidProblem */
  async ofVersion(owner: Owner, publicId: string, number: 'published' | number): Promise<RunTarget> {
    const uuid = parsePublicId('workflow', publicId);
    const row = uuid && (await this.find(owner, uuid, number));
    if (!row) throw new WorkflowNotFoundError(publicId);
    if (row.version_id === null) {
      throw number === 'published' ? new NotPublishedError(publicId) : new VersionNotFoundError(publicId, number);
    }
    return {
      compiled: await valid(this.specs.load({ ...row, spec: null })),
      workflow: { uuid, id: row.id },
      version: { id: row.version_id, number: row.version_number! },
      spec: null,
    };
  }

  /** The target of a row that somebody has read with more than this. @throws SpecInvalidProblem */
  async ofRow(row: TargetRow): Promise<RunTarget> {
    return {
      compiled: await valid(this.specs.load({ ...row, spec: null })),
      workflow: { uuid: row.workflow_uuid, id: row.workflow_row },
      version: { id: row.version_id, number: row.version_number },
      spec: null,
    };
  }

  /** @throws SpecInvalidProblem */
  async ofSpec(spec: JsonObject): Promise<RunTarget> {
    const compiled = await valid(Promise.resolve().then(() => this.specs.compile(spec)));
    return { compiled, workflow: null, version: null, spec };
  }

  private async find(owner: Owner, uuid: string, number: 'published' | number): Promise<VersionRow | undefined> {
    const [row] =
      number === 'published'
        ? await this.reads.rows<VersionRow>(published, [uuid, owner.userId])
        : await this.reads.rows<VersionRow>(numbered, [uuid, owner.userId, number]);
    return row;
  }
}

const find = (version: string): string => `
  select w.id, v.id as version_id, v.version_number, v.spec_hash
  from workflow w left join workflow_version v on ${version}
  where w.workflow_id = $1 and w.user_id = $2`;
const published: HotRead = { name: 'target-published', text: find('v.id = w.published_version_id') };
const numbered: HotRead = { name: 'target-numbered', text: find('v.workflow_id = w.id and v.version_number = $3') };

async function valid(compiling: Promise<CompiledWorkflow>): Promise<CompiledWorkflow> {
  try {
    return await compiling;
  } catch (error) {
    if (error instanceof SpecInvalidError)
      throw new SpecInvalidProblem('The spec cannot be run: it has', error.report.errors, '/spec');
    throw error;
  }
}
