import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable, type OnModuleInit } from '@nestjs/common';
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
