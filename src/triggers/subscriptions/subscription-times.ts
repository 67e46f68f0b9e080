import { type EntityManager, type SqlEntityManager } from '@mikro-orm/postgresql';
import { Injectable, type OnModuleInit, Inject } from '@nestjs/common';
import { dateOf } from '../../common/database/sql-date.js';
import { makePublicId, parsePublicId } from '../../common/public-id.js';
import { type Deactivation, Deactivations } from '../../users/index.js';
import { type Finding, type Publication, Publications, RunEndings } from '../../workflows/index.js';
import { TRIGGER_CATALOGUE, type TriggerCatalogue } from '../types/catalogue.js';
import { type Trigger } from '../types/define-trigger.js';
import { delayOf } from '../schedules/due-slots.js';
import { type FinishedConfig } from '../types/workflow-finished.trigger.js';
import { SubscriptionInvalidError } from './subscription.errors.js';
import { TriggerSubscription } from './trigger-subscription.entity.js';

/** A poll that is under way writes nothing any more; when its workflow is published again, polls start from then. */
const rest = 'next_fire_at = null, fence = fence + 1, cursor = null';
const unpublished = `update trigger_subscription set ${rest} where workflow_id = ?`;

const ownerIsOff = 'Its owner is deactivated: it starts nothing until that is undone.';
const ownerOff = `update trigger_subscription set ${rest}, last_error = ? where user_id = ?`;
const ownerBack = 'update trigger_subscription set last_error = null where user_id = ? and last_error = ?';

/**
 * When subscriptions are due: planned when they are made, changed, switched on, when their workflow is published, and when
 * their owner is active again.
 */
@Injectable()
export class SubscriptionTimes implements OnModuleInit {
  constructor(
    private readonly publications: Publications,
    private readonly endings: RunEndings,
    private readonly deactivations: Deactivations,
    @Inject(TRIGGER_CATALOGUE) private readonly catalogue: TriggerCatalogue,
  ) {}

  onModuleInit(): void {
    this.publications.register((em, publication) => this.onPublication(em, publication));
    this.deactivations.register((em, deactivation) => this.onDeactivation(em, deactivation));
  }

  /**
   * In the transaction that changes the subscription, which holds its row.
   * @param keepsTimes of a schedule: it fires at the times at which it did before, so none that is due just now gets lost
   */
  async plan(em: EntityManager, subscription: TriggerSubscription, type: Trigger, keepsTimes = false): Promise<void> {
    const isOn = subscription.enabled && subscription.status !== 'stopped';
    const isPlanned = isOn && keepsTimes && type.mode === 'schedule' && subscription.nextFireAt !== null;
    if (!isPlanned) {
      subscription.nextFireAt = isOn ? await this.firstTime(em, subscription, type) : null;
      if (type.mode === 'schedule') subscription.cursor = null;
    }
    // What happens while its owner has it switched off is none of its events, as with every other trigger.
    if (!subscription.enabled) subscription.cursor = null;
    // What was asked before this change is of no use any more.
    subscription.fence += 1;
    await em.flush();
    if (type.mode !== 'internal') return;
    if (subscription.enabled) await this.watch(em, subscription);
    else await this.endings.unwatch(em, subscription.subscriptionId);
  }

  async forget(em: SqlEntityManager, { subscriptionId }: TriggerSubscription): Promise<void> {
    await this.endings.unwatch(em, subscriptionId);
  }

  async hoursFromNow(em: SqlEntityManager, hours: number): Promise<Date> {
    const [row] = await em.execute<[{ at: string }]>(`select now() + ? * interval '1 hour' as at`, [hours]);
    return dateOf(row.at);
  }

  /** Null: while nothing of its workflow is published or its owner is deactivated, or until its account is connected again. */
  private async firstTime(
    em: EntityManager,
    { subscriptionId, workflow, config, status, nextFireAt }: TriggerSubscription,
    type: Trigger,
  ): Promise<Date | null> {
    // Locked, so that it is not published or unpublished before this is committed: whoever does that plans what it sees.
    const [row] = await em.execute<[{ now: string; can_start: boolean }]>(
      `select now() as now, w.published_version_id is not null and u.deactivated_at is null as can_start
       from workflow w join "user" u on u.id = w.user_id where w.id = ? for key share of w`,
      [workflow.id],
    );
    if (!row.can_start || status === 'reauth_required') return null;
    const now = dateOf(row.now);
    if (type.mode === 'schedule') {
      const next = type.schedule(config).next(now);
      return next ? new Date(next.getTime() + delayOf(subscriptionId, type.policy(config))) : null;
    }
    // One that is to be asked soon anyway keeps its turn.
    return type.mode === 'poll' ? (nextFireAt !== null && nextFireAt < now ? nextFireAt : now) : null;
  }

  /** Of which workflow, its config says; one of the same owner's. */
  private async watch(em: SqlEntityManager, { subscriptionId, config, user }: TriggerSubscription): Promise<void> {
    const { workflow_id: publicId } = config as FinishedConfig;
    const uuid = parsePublicId('workflow', publicId);
    const [watched] = await em.execute<[{ id: string }?]>(
      'select id from workflow where workflow_id = ? and user_id = ?',
      [uuid ?? null, user.id],
    );
    if (!watched) {
      const message = `there is no workflow ${publicId}`;
      throw new SubscriptionInvalidError('workflow_finished', [
        { pointer: '/config/workflow_id', code: 'workflow-not-found', message },
      ]);
    }
    await this.endings.watch(em, subscriptionId, watched.id);
  }

  private async onDeactivation(em: EntityManager, { userId, isActive }: Deactivation): Promise<void> {
    if (!isActive) {
      await em.execute(ownerOff, [ownerIsOff, userId]);
      return;
    }
    await em.execute(ownerBack, [userId, ownerIsOff]);
    await this.planAll(em, { user: userId });
  }

  /** Those that are on and have no time: one that has was planned before, and keeps it. */
  private async planAll(
    em: EntityManager,
    of: { workflow: string } | { user: string },
  ): Promise<TriggerSubscription[]> {
    const subscriptions = await em.find(TriggerSubscription, { ...of, enabled: true });
    for (const subscription of subscriptions) {
      const type = this.catalogue.get(subscription.triggerType);
      if (type && subscription.nextFireAt === null && subscription.status !== 'stopped') {
        subscription.nextFireAt = await this.firstTime(em, subscription, type);
      }
    }
    await em.flush();
    return subscriptions;
  }

  /** What was missed while nothing was published is not made up for. */
  private async onPublication(em: EntityManager, { workflowId, isPublished }: Publication): Promise<Finding[]> {
    if (!isPublished) {
      await em.execute(unpublished, [workflowId]);
      return [];
    }
    const subscriptions = await this.planAll(em, { workflow: workflowId });
    return subscriptions.flatMap((subscription) =>
      warningsOf(subscription, this.catalogue.get(subscription.triggerType)),
    );
  }
}

function warningsOf({ subscriptionId, config }: TriggerSubscription, type: Trigger | undefined): Finding[] {
  const warning = type?.warn?.(config);
  if (warning === undefined) return [];
  const message = `${makePublicId('subscription', subscriptionId)}: ${warning}`;
  return [{ code: 'trigger-open', severity: 'warning', node_id: null, pointer: '', message }];
}
