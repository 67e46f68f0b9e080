import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { makePublicId } from '../common/public-id.js';
import { ConnectionDependants, type Dependant } from '../oauth/index.js';

const MOST = 500;

/** The ids are uuids behind a prefix: a text search finds nothing else. */
const search = `
  select w.workflow_id, w.name, w.id, coalesce(v.version_number, 0) as version, 'version' as where
    from workflow w join workflow_version v on v.id = w.published_version_id
   where w.user_id = ? and position(? in v.spec::text) > 0
  union all
  select w.workflow_id, w.name, w.id, 0, 'draft'
    from workflow w join workflow_draft d on d.workflow_id = w.id
   where w.user_id = ? and position(? in d.spec::text) > 0
  order by id, version desc limit ${MOST}`;

/** Tells which workflows stop working with a connection: those that name it, published or in their draft. */
@Injectable()
export class WorkflowsOfConnection implements OnModuleInit {
  constructor(
    private readonly em: EntityManager,
    private readonly dependants: ConnectionDependants,
  ) {}

  onModuleInit(): void {
    this.dependants.register((userId, connectionId) => this.find(userId, connectionId));
  }

  private async find(userId: string, connectionId: string): Promise<Dependant[]> {
    const rows = await this.em
      .fork()
      .execute<{ workflow_id: string; name: string; version: number; where: 'version' | 'draft' }[]>(search, [
        userId,
        connectionId,
        userId,
        connectionId,
      ]);
    return rows.map(({ workflow_id: id, name, version, where }) => ({
      kind: 'workflow',
      id: makePublicId('workflow', id),
      name,
      where: where === 'draft' ? 'draft' : `published version ${version}`,
    }));
  }
}
