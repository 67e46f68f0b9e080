import { EntityManager } from '@mikro-orm/postgresql';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { type Principal } from '../../users/index.js';
import {
  type ExportedSubscription,
  type ImportedSubscription,
  type PortableSubscription,
  PortableSubscriptions,
  type SubscriptionKeeper,
  type Workflow,
} from '../../workflows/index.js';
import { TRIGGER_CATALOGUE, type TriggerCatalogue } from '../types/catalogue.js';
import { SubscriptionInvalidError } from './subscription.errors.js';
import { SubscriptionsService } from './subscriptions.service.js';
import { TriggerSubscription } from './trigger-subscription.entity.js';

/** Subscriptions that go with an exported workflow, and come with an imported one: their kind and config, nothing else. */
@Injectable()
export class SubscriptionPortability implements OnModuleInit, SubscriptionKeeper {
  constructor(
    private readonly em: EntityManager,
    private readonly portable: PortableSubscriptions,
    private readonly subscriptions: SubscriptionsService,
    @Inject(TRIGGER_CATALOGUE) private readonly catalogue: TriggerCatalogue,
  ) {}

  onModuleInit(): void {
    this.portable.register(this);
  }

  async exported(caller: Principal, workflow: Workflow): Promise<ExportedSubscription[] | null> {
    if (!caller.scopes.has('triggers:read')) return null;
    const found = await this.em.find(TriggerSubscription, { workflow }, { orderBy: { id: 'asc' } });
    return found.map(({ triggerType, config }) => {
      const type = this.catalogue.get(triggerType);
      const needs = type?.mode === 'poll' ? { ...type.needs, key: triggerType } : undefined;
      return { trigger_type: triggerType, config, needs };
    });
  }

  async imported(
    caller: Principal,
    workflowId: string,
    { trigger_type: type, config }: PortableSubscription,
  ): Promise<ImportedSubscription> {
    if (!caller.scopes.has('triggers:write')) {
      const message = 'your credential has not the scope triggers:write';
      return { id: null, faults: [{ pointer: '', code: 'scope-missing', message }] };
    }
    try {
      const request = { workflow_id: workflowId, trigger_type: type, config, enabled: false };
      return { id: (await this.subscriptions.create(caller, request)).subscription_id, faults: [] };
    } catch (error) {
      if (error instanceof SubscriptionInvalidError) return { id: null, faults: error.faults };
      throw error;
    }
  }
}
