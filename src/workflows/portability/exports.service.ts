import { Injectable } from '@nestjs/common';
import { hashJson } from '../../common/canonical-json.js';
import { type JsonObject } from '../../common/json.js';
import { makePublicId } from '../../common/public-id.js';
import { type Principal } from '../../users/index.js';
import { type Workflow } from '../workflow.entity.js';
import { NotPublishedError } from '../workflow.errors.js';
import { WorkflowRepository } from '../workflow.repository.js';
import { PortableSubscriptions } from './portable-subscriptions.js';
import { FORMAT, FORMAT_VERSION, type PortableWorkflow } from './portable-workflow.js';
import { Requirements } from './requirements.service.js';
import { StandIns } from './stand-ins.js';

/** Makes workflows portable: none of their owner's ids goes with them, and no secret. */
@Injectable()
export class ExportsService {
  constructor(
    private readonly workflows: WorkflowRepository,
    private readonly subscriptions: PortableSubscriptions,
    private readonly requirements: Requirements,
  ) {}

  /**
   * @param version `draft`, `published`, or the number of a version
   * @throws WorkflowNotFoundError, VersionNotFoundError, NotPublishedError
   */
  async export(caller: Principal, id: string, version: string): Promise<PortableWorkflow> {
    const workflow = await this.workflows.find(caller, id);
    const spec = await this.specOf(workflow, version);
    const subscriptions = await this.subscriptions.exported(caller, workflow);
    const standIns = new StandIns(makePublicId('workflow', workflow.workflowId));
    const { name, description, tags } = workflow;
    // The spec first: its stand-ins, and so its hash, depend on nothing else.
    const portable = standIns.replace({
      spec,
      subscriptions: subscriptions?.map(({ trigger_type, config }) => ({ trigger_type, config })) ?? null,
      ...{ name, description, tags },
    });
    const owned = { spec, subscriptions: subscriptions ?? [] };
    return {
      format: FORMAT,
      format_version: FORMAT_VERSION,
      name: portable.name,
      description: portable.description,
      tags: portable.tags,
      spec: portable.spec,
      spec_hash: hashJson(portable.spec),
      requires: await this.requirements.of(caller, owned, standIns, portable),
      subscriptions: portable.subscriptions,
    };
  }

  private async specOf(workflow: Workflow, version: string): Promise<JsonObject> {
    const id = makePublicId('workflow', workflow.workflowId);
    if (version === 'draft') return (await this.workflows.draftOf(workflow)).spec;
    if (version !== 'published') return (await this.workflows.versionOf(workflow, id, Number(version))).spec;
    if (!workflow.publishedVersion) throw new NotPublishedError(id);
    return workflow.publishedVersion.spec;
  }
}
