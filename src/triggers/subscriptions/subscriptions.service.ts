import { EntityManager, LockMode } from '@mikro-orm/postgresql';
import { Inject, Injectable } from '@nestjs/common';
import { Audit } from '../../common/audit/audit.js';
import { canonicalJson } from '../../common/canonical-json.js';
import { CursorCodec } from '../../common/http/paging/cursor.js';
import { type Page } from '../../common/http/paging/page.dto.js';
import { loadPage } from '../../common/http/paging/page.js';
import { type JsonObject } from '../../common/json.js';
import { makePublicId, parsePublicId } from '../../common/public-id.js';
import { type Principal, User } from '../../users/index.js';
import { WorkflowInputs, WorkflowRepository } from '../../workflows/index.js';
import { IntakeLinks } from '../intake/intake-links.js';
import { TRIGGER_CATALOGUE, type TriggerCatalogue } from '../types/catalogue.js';
import { type Trigger } from '../types/define-trigger.js';
import { checkConfig, knownTrigger } from './subscription-rules.js';
import { SubscriptionConnections } from './subscription-connections.js';
import { LastEvents } from './last-events.js';
import { newSecret, schemeOf } from './new-secret.js';
import { SubscriptionSecrets } from './subscription-secrets.js';
import { SubscriptionTimes } from './subscription-times.js';
import { SubscriptionNotFoundError, SubscriptionUnfitError } from './subscription.errors.js';
import {
  type CreateSubscriptionRequest,
  type SubscriptionQuery,
  SubscriptionResponse,
  type UpdateSubscriptionRequest,
} from './subscription.dto.js';
import { TriggerSubscription } from './trigger-subscription.entity.js';

/** For how long the secret before a rotation still counts. */
const OVERLAP_HOURS = 24;

const populate = ['workflow', 'workflow.publishedVersion'] as const;
/** Specs are large, and nothing of them is shown. */
const exclude = ['workflow.publishedVersion.spec'] as never;

/** What people subscribe their workflows to. Every look-up is for its owner: a foreign id is an unknown id. */
@Injectable()
export class SubscriptionsService {
  constructor(
    private readonly em: EntityManager,
    private readonly cursors: CursorCodec,
    private readonly workflows: WorkflowRepository,
    private readonly inputs: WorkflowInputs,
    private readonly links: IntakeLinks,
    private readonly secrets: SubscriptionSecrets,
    private readonly times: SubscriptionTimes,
    private readonly connections: SubscriptionConnections,
    private readonly lastEvents: LastEvents,
    private readonly audit: Audit,
    @Inject(TRIGGER_CATALOGUE) private readonly catalogue: TriggerCatalogue,
  ) {}

  /** @throws WorkflowNotFoundError, SubscriptionInvalidError */
  async create(caller: Principal, request: CreateSubscriptionRequest): Promise<SubscriptionResponse> {
    const type = knownTrigger(this.catalogue, request.trigger_type);
    const { config = {}, enabled = true } = request;
    return this.em.transactional(async () => {
      const workflow = await this.workflows.find(caller, request.workflow_id);
      checkConfig(type, config, await this.inputs.schemaOf(workflow));
      const user = this.em.getReference(User, caller.userId);
      const made = { user, workflow, triggerType: type.key, mode: type.mode, config };
      const subscription = new TriggerSubscription(made);
      subscription.enabled = enabled;
      await this.connections.connect(caller, subscription, type);
      const secret = newSecret(type, config, request.secret);
      if (secret !== undefined) subscription.secret = this.sealed(caller, subscription, 'secret', secret);
      await this.em.persist(subscription).flush();
      await this.times.plan(this.em, subscription, type);
      await this.record(subscription, 'created', { workflow_id: request.workflow_id, trigger_type: type.key, enabled });
      return this.response(subscription, null, secret);
    });
  }

  /** Newest first. Nothing is decrypted. @throws CursorInvalidError */
  list(caller: Principal, query: SubscriptionQuery): Promise<Page<SubscriptionResponse>> {
    const { limit: _limit, cursor: _cursor, ...filter } = query;
    let last = new Map<string, Date>();
    return loadPage(this.cursors, {
      query,
      scope: { owner: caller.userId, list: 'subscriptions', filter },
      load: async (count, position) => {
        const found = await this.em.find(
          TriggerSubscription,
          { ...conditions(caller, query), ...(position && { subscriptionId: { $lt: String(position[0]) } }) },
          { orderBy: { subscriptionId: 'desc' }, limit: count, populate, exclude },
        );
        last = await this.lastEvents.of(found);
        return found;
      },
      positionOf: ({ subscriptionId }) => [subscriptionId],
      toItem: (subscription) => this.response(subscription, last.get(subscription.subscriptionId) ?? null),
    });
  }

  /** @throws SubscriptionNotFoundError */
  async get(caller: Principal, publicId: string): Promise<SubscriptionResponse> {
    return this.shown(await this.find(caller, publicId));
  }

  /** Takes effect at once. @throws SubscriptionNotFoundError, SubscriptionInvalidError */
  async update(caller: Principal, publicId: string, request: UpdateSubscriptionRequest): Promise<SubscriptionResponse> {
    return this.em.transactional(async () => {
      const subscription = await this.lock(caller, publicId);
      const type = knownTrigger(this.catalogue, subscription.triggerType);
      const before = { isOn: subscription.enabled, source: sourceOf(subscription.config) };
      const secret = request.config && (await this.change(caller, subscription, type, request));
      const keepsTimes = before.isOn && before.source === sourceOf(subscription.config);
      if (request.enabled !== undefined) subscription.enabled = request.enabled;
      if (request.enabled === true || request.config) forgetFailures(subscription);
      subscription.updatedAt = new Date();
      await this.em.flush();
      await this.times.plan(this.em, subscription, type, keepsTimes);
      await this.record(subscription, 'changed', {
        changed: Object.keys(request).sort(),
        enabled: subscription.enabled,
      });
      return this.shown(subscription, secret);
    });
  }

  /** @throws SubscriptionNotFoundError */
  async delete(caller: Principal, publicId: string): Promise<void> {
    await this.em.transactional(async () => {
      const subscription = await this.lock(caller, publicId);
      await this.times.forget(this.em, subscription);
      await this.em.remove(subscription).flush();
      await this.record(subscription, 'deleted', { trigger_type: subscription.triggerType });
    });
  }

  /** The secret before counts for another day. @throws SubscriptionNotFoundError, SubscriptionUnfitError, SubscriptionInvalidError */
  async rotateSecret(caller: Principal, publicId: string, given: string | undefined): Promise<SubscriptionResponse> {
    return this.em.transactional(async () => {
      const subscription = await this.lock(caller, publicId);
      const type = knownTrigger(this.catalogue, subscription.triggerType);
      const secret = newSecret(type, subscription.config, given);
      if (secret === undefined) throw new SubscriptionUnfitError(`${publicId} verifies nothing with a secret.`);
      const owner = { subscriptionId: subscription.subscriptionId, userId: caller.userId };
      const stored = await this.storedSecret(subscription);
      if (stored !== null) {
        const before = await this.secrets.unseal(owner, 'secret', stored);
        subscription.previousSecret = this.sealed(caller, subscription, 'previous_secret', before);
        subscription.previousSecretUntil = await this.times.hoursFromNow(this.em, OVERLAP_HOURS);
      }
      subscription.secret = this.sealed(caller, subscription, 'secret', secret);
      subscription.updatedAt = new Date();
      await this.em.flush();
      await this.record(subscription, 'secret-rotated');
      return this.shown(subscription, secret);
    });
  }

  /** With its workflow. @throws SubscriptionNotFoundError */
  async find(caller: Principal, publicId: string): Promise<TriggerSubscription> {
    const subscriptionId = parsePublicId('subscription', publicId);
    const where = subscriptionId && { subscriptionId, user: caller.userId };
    const found = where && (await this.em.findOne(TriggerSubscription, where, { populate, exclude }));
    if (!found) throw new SubscriptionNotFoundError(publicId);
    return found;
  }

  /** In the transaction that does it. */
  private record({ subscriptionId }: TriggerSubscription, what: string, details: JsonObject = {}): Promise<void> {
    const object = makePublicId('subscription', subscriptionId);
    return this.audit.record(this.em, { action: `subscription.${what}`, object, details });
  }

  /** Changes of one subscription, and what it does when it is due, happen one after the other. */
  private async lock(caller: Principal, publicId: string): Promise<TriggerSubscription> {
    const subscription = await this.find(caller, publicId);
    // First, as who publishes it does: of two that wait for each other, the database would end one.
    await this.em.execute('select from workflow where id = ? for key share', [subscription.workflow.id]);
    await this.em.lock(subscription, LockMode.PESSIMISTIC_WRITE);
    if (!(await this.em.refresh(subscription, { populate }))) throw new SubscriptionNotFoundError(publicId);
    return subscription;
  }

  /** @returns the secret, if there is a new one: another way of verifying has another secret */
  private async change(
    caller: Principal,
    subscription: TriggerSubscription,
    type: Trigger,
    { config = {}, secret: given }: UpdateSubscriptionRequest,
  ): Promise<string | undefined> {
    checkConfig(type, config, await this.inputs.schemaOf(subscription.workflow.unwrap()));
    const source = sourceOf(subscription.config);
    const isVerifiedAsBefore = schemeOf(type, config)?.key === schemeOf(type, subscription.config)?.key;
    subscription.config = config;
    subscription.revision += 1;
    await this.connections.connect(caller, subscription, type);
    // How far it has read is of no use when it reads something else.
    if (sourceOf(subscription.config) !== source) subscription.cursor = null;
    if (isVerifiedAsBefore) return undefined;
    const secret = newSecret(type, config, given);
    subscription.secret = secret === undefined ? null : this.sealed(caller, subscription, 'secret', secret);
    subscription.previousSecret = null;
    return secret;
  }

  /** Entities leave it out: nothing else needs it. */
  private async storedSecret({ id }: TriggerSubscription): Promise<string | null> {
    const [row] = await this.em.execute<[{ secret: string | null }]>(
      'select secret from trigger_subscription where id = ?',
      [id],
    );
    return row.secret;
  }

  private sealed(
    { userId }: Principal,
    { subscriptionId }: TriggerSubscription,
    column: 'secret' | 'previous_secret',
    secret: string,
  ): string {
    return this.secrets.seal({ subscriptionId, userId }, column, secret);
  }

  private async shown(subscription: TriggerSubscription, secret?: string): Promise<SubscriptionResponse> {
    const last = await this.lastEvents.of([subscription]);
    return this.response(subscription, last.get(subscription.subscriptionId) ?? null, secret);
  }

  private response(subscription: TriggerSubscription, lastEventAt: Date | null, secret?: string): SubscriptionResponse {
    const { mode, subscriptionId: uuid } = subscription;
    return SubscriptionResponse.from(subscription, {
      webhookUrl: mode === 'webhook' ? this.links.webhookUrl(uuid) : null,
      formUrl: mode === 'form' ? this.links.formUrl(uuid) : null,
      lastEventAt,
      secret,
    });
  }
}

function conditions({ userId }: Principal, { workflow_id: workflow, trigger_type: type, enabled }: SubscriptionQuery) {
  return {
    user: userId,
    ...(workflow !== undefined && { workflow: { workflowId: parsePublicId('workflow', workflow) ?? null } }),
    ...(type !== undefined && { triggerType: type }),
    ...(enabled !== undefined && { enabled }),
  } as object;
}

function forgetFailures(subscription: TriggerSubscription): void {
  subscription.status = 'active';
  subscription.failures = 0;
  subscription.failingSince = null;
  subscription.lastError = null;
}

/** What of a config says where events come from; the database keeps it in another order than it was sent in. */
function sourceOf({
  filter: _filter,
  inputs: _inputs,
  interval: _interval,
  max_results: _most,
  ...source
}: JsonObject): string {
  return canonicalJson(source);
}
