import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { textArray } from '../../common/database/sql-array.js';
import { makePublicId, parsePublicId } from '../../common/public-id.js';
import { ConnectionDependants, type Dependant } from '../../oauth/index.js';
import { IntegrationResource } from './integration-resource.entity.js';

const MOST = 500;

/** Tells which resources stop working with a connection: those that stand on it. */
@Injectable()
export class ResourcesOfConnection implements OnModuleInit {
  constructor(
    private readonly em: EntityManager,
    private readonly dependants: ConnectionDependants,
  ) {}

  onModuleInit(): void {
    this.dependants.register((userId, publicId) => this.find(userId, publicId));
    this.dependants.registerCount('resource', (ids) => this.count(ids));
  }

  private async count(connectionIds: readonly string[]): Promise<Map<string, number>> {
    const rows = await this.em.fork().execute<{ connection_id: string; count: number }[]>(
      `select c.connection_id, count(*)::int as count
       from oauth_connection c join integration_resource r on r.connection_id = c.id
       where c.connection_id = any(?::uuid[]) group by c.connection_id`,
      [textArray(connectionIds)],
    );
    return new Map(rows.map(({ connection_id: id, count }) => [id, count]));
  }

  private async find(userId: string, publicId: string): Promise<Dependant[]> {
    const connectionId = parsePublicId('connection', publicId);
    if (!connectionId) return [];
    const where = { user: userId, connection: { connectionId } };
    const found = await this.em.fork().find(IntegrationResource, where, { orderBy: { id: 'asc' }, limit: MOST });
    return found.map(({ resourceId, name, resourceType }) => ({
      kind: 'resource',
      id: makePublicId('resource', resourceId),
      name,
      where: `resource of type ${resourceType}`,
    }));
  }
}
