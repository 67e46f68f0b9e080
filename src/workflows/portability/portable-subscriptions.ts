import { Injectable } from '@nestjs/common';
import { type Fault } from '../../common/errors.js';
import { type CredentialNeeds } from '../../integrations/index.js';
import { type Principal } from '../../users/index.js';
import { type Workflow } from '../workflow.entity.js';
import { type PortableSubscription } from './portable-workflow.js';

/** A subscription on its way out, with its owner's ids still in it. */
export interface ExportedSubscription extends PortableSubscription {
  /** What it asks with: `connection_id` and `resource_id` of its config. */
  readonly needs?: CredentialNeeds | undefined;
}

/** What became of a subscription that was brought. */
export interface ImportedSubscription {
  /** Public id; null: it could not be made, and `faults` say why. */
  readonly id: string | null;
  readonly faults: readonly Fault[];
}

/** Whoever keeps subscriptions. */
export interface SubscriptionKeeper {
  /** Those of a workflow, oldest first; null: the caller may not read them. */
  exported(caller: Principal, workflow: Workflow): Promise<ExportedSubscription[] | null>;
  /** Makes one, switched off, in the transaction that makes its workflow. */
  imported(caller: Principal, workflowId: string, subscription: PortableSubscription): Promise<ImportedSubscription>;
}

/** What subscriptions come and go with workflows: a module to the right of this one knows them. */
@Injectable()
export class PortableSubscriptions {
  private keeper: SubscriptionKeeper | undefined;

  register(keeper: SubscriptionKeeper): void {
    this.keeper = keeper;
  }

  async exported(caller: Principal, workflow: Workflow): Promise<ExportedSubscription[] | null> {
    return (await this.keeper?.exported(caller, workflow)) ?? null;
  }

  async imported(
    caller: Principal,
    workflowId: string,
    subscription: PortableSubscription,
  ): Promise<ImportedSubscription> {
    return this.keeper?.imported(caller, workflowId, subscription) ?? { id: null, faults: [] };
  }
}
