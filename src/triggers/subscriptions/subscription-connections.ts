import { EntityManager, type SqlEntityManager } from '@mikro-orm/postgresql';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { textArray } from '../../common/database/sql-array.js';
import { makePublicId, parsePublicId } from '../../common/public-id.js';
import { CredentialChecks } from '../../integrations/index.js';
import {
  ConnectionDependants,
  ConnectionRenewals,
  type Dependant,
  OAuthConnection,
  type Renewal,
} from '../../oauth/index.js';
import { type Principal } from '../../users/index.js';
import { type Trigger } from '../types/define-trigger.js';
import { SubscriptionInvalidError } from './subscription.errors.js';
import { type TriggerSubscription } from './trigger-subscription.entity.js';

const MOST = 500;

/** Subscriptions and the accounts that they work with. */
@Injectable()
export class SubscriptionConnections implements OnModuleInit {
  constructor(
    private readonly em: EntityManager,
    private readonly checks: CredentialChecks,
    private readonly dependants: ConnectionDependants,
    private readonly renewals: ConnectionRenewals,
  ) {}

  onModuleInit(): void {
    this.dependants.register((userId, connectionId) => this.dependingOn(userId, connectionId));
    this.dependants.registerCount('subscription', (ids) => this.count(ids));
    this.renewals.register((em, renewal) => this.resume(em, renewal));
  }

  /**
   * Puts the subscription on the account that its config names, or on the only one that it can mean.
   * @throws SubscriptionInvalidError
   */
  async connect(caller: Principal, subscription: TriggerSubscription, trigger: Trigger): Promise<void> {
    if (trigger.mode !== 'poll') return;
    const { connection_id: connection, resource_id: resource } = subscription.config;
    const use = {
      needs: { ...trigger.needs, key: trigger.key },
      ...(typeof connection === 'string' && { connection }),
      ...(typeof resource === 'string' && { resource }),
    };
    const check = await this.checks.check(caller.userId, use);
    if (check.finding && check.finding.code !== 'connection-needs-reauth') {
      const { code, message, field } = check.finding;
      throw new SubscriptionInvalidError(trigger.key, [{ pointer: `/config/${field}_id`, code, message }]);
    }
    const uuid = check.connection === undefined ? undefined : parsePublicId('connection', check.connection);
    const found = uuid && (await this.em.findOne(OAuthConnection, { connectionId: uuid, user: caller.userId }));
    subscription.connection = found ? this.em.getReference(OAuthConnection, found.id, { wrapped: true }) : null;
    if (found) subscription.config = { ...subscription.config, connection_id: check.connection! };
  }

  private async count(connectionIds: readonly string[]): Promise<Map<string, number>> {
    const rows = await this.em.fork().execute<{ connection_id: string; count: number }[]>(
      `select c.connection_id, count(*)::int as count
       from oauth_connection c join trigger_subscription s on s.connection_id = c.id
       where c.connection_id = any(?::uuid[]) group by c.connection_id`,
      [textArray(connectionIds)],
    );
    return new Map(rows.map(({ connection_id: id, count }) => [id, count]));
  }

  private async dependingOn(userId: string, connectionId: string): Promise<Dependant[]> {
    const rows = await this.em.fork().execute<{ subscription_id: string; trigger_type: string; name: string }[]>(
      `select s.subscription_id, s.trigger_type, w.name
       from oauth_connection c join trigger_subscription s on s.connection_id = c.id join workflow w on w.id = s.workflow_id
       where c.connection_id = ? and s.user_id = ? order by s.id desc limit ${MOST}`,
      [parsePublicId('connection', connectionId) ?? null, userId],
    );
    return rows.map(({ subscription_id: uuid, trigger_type: type, name }) => ({
      kind: 'subscription',
      id: makePublicId('subscription', uuid),
      name: `${type} of ${name}`,
      where: 'subscription',
    }));
  }

  /**
   * What waited for the account goes on at once, from where it was. A poll that is under way may be about to say that the
   * account does not work: it is overtaken, whatever its subscription's status still is, so that nothing waits for ever.
   */
  private async resume(em: SqlEntityManager, { userId, connectionId }: Renewal): Promise<() => void> {
    await em.execute(
      `update trigger_subscription s
       set status = 'active', failures = 0, failing_since = null, last_error = null, fence = s.fence + 1,
           next_fire_at = case when s.enabled and w.published_version_id is not null then now() end
       from workflow w, oauth_connection c
       where w.id = s.workflow_id and c.id = s.connection_id and c.connection_id = ? and s.user_id = ?
         and s.status <> 'stopped'`,
      [parsePublicId('connection', connectionId) ?? null, userId],
    );
    return () => {};
  }
}
