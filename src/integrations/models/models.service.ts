import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { makePublicId } from '../../common/public-id.js';
import { type Principal } from '../../users/index.js';
import { IntegrationResource } from '../resources/integration-resource.entity.js';
import { modelNeeds, modelProviders } from './catalogue.js';
import { ModelProviderResponse, type ModelsResponse } from './model.dto.js';

/** The most resources that are shown of each kind. */
const MOST = 100;

/** What can be asked, and through which of somebody's resources. */
@Injectable()
export class ModelsService {
  constructor(private readonly em: EntityManager) {}

  async list({ userId }: Principal): Promise<ModelsResponse> {
    const where = { user: userId, resourceType: { $in: modelNeeds.resourceTypes } };
    const found = await this.em.find(IntegrationResource, where, { orderBy: { resourceId: 'asc' }, limit: MOST });
    return {
      items: modelProviders.map((provider) => {
        const own = found.filter(({ resourceType }) => resourceType === provider.resourceType);
        const resources = own.map(({ resourceId, name }) => ({
          resource_id: makePublicId('resource', resourceId),
          name,
        }));
        return ModelProviderResponse.from(provider, resources);
      }),
    };
  }
}
