import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { type Json } from '../common/json.js';
import { type Workflow } from './workflow.entity.js';

/** What workflows want to be started with. */
@Injectable()
export class WorkflowInputs {
  constructor(private readonly em: EntityManager) {}

  /** JSON Schema of the inputs of the published version, or of the draft while there is none; undefined: it takes none. */
  async schemaOf(workflow: Workflow): Promise<Json | undefined> {
    const [row] = await this.em.execute<[{ inputs: Json | null }?]>(
      `select coalesce(v.spec, d.spec) -> 'inputs' as inputs
       from workflow w
       left join workflow_version v on v.id = w.published_version_id
       left join workflow_draft d on d.workflow_id = w.id
       where w.id = ?`,
      [workflow.id],
    );
    return row?.inputs ?? undefined;
  }
}
