import { setTimeout as delay } from 'node:timers/promises';
import { EntityManager } from '@mikro-orm/postgresql';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { Audit } from '../../audit/audit.js';
import { Environment } from '../../config/environment.js';
import { EncryptionKey } from '../encryption-key.entity.js';
import { EncryptionUnavailableError } from '../encryption.errors.js';
import { ENCRYPTED_COLUMNS, type EncryptedColumn } from '../encrypted-column.js';
import { allKeys, announceKeys, lockKeys, makeKey } from '../key-store.js';
import { LiveKeyRing } from '../live-key-ring.js';
import { keyTiming } from '../timing.js';
import { countNotUnder, inUseSql } from './encrypted-values.js';
import { EncryptionRotation } from './encryption-rotation.entity.js';
import { Reencryption, type Unreadable } from './reencryption.js';

/** Pause between two passes over the tables while something must be waited for, in milliseconds. */
const PASS_PAUSE_MS = 500;

/** The keys, the last rotation, and how much it has left to do. */
export interface EncryptionStatus {
  readonly keys: readonly EncryptionKey[];
  /** The one under way, else the last one; null: there was none. */
  readonly rotation: EncryptionRotation | null;
  /** Values that are not under the primary key yet, by column. */
  readonly left: readonly { table: string; column: string; rows: number }[];
}

/**
 * Exchanges the data key while everything goes on: a new one is made and promoted, every stored value is encrypted with
 * it, then those before it are retired. All that it knows is in the database, so it may be killed at any time, and
 * whoever calls `advance` goes on; several at once only do some work twice.
 */
@Injectable()
export class KeyRotation {
  private readonly logger = new Logger(KeyRotation.name);

  constructor(
    private readonly em: EntityManager,
    private readonly ring: LiveKeyRing,
    private readonly environment: Environment,
    private readonly audit: Audit,
    @Inject(ENCRYPTED_COLUMNS) private readonly columns: readonly EncryptedColumn[],
  ) {}

  /**
   * Makes and promotes a new data key, unless a rotation is under way: there is never more than one.
   * @returns the rotation under way; `advance` does its work.
   * @throws EncryptionUnavailableError when the master key was changed or cannot be reached. Nothing was changed then.
   */
  async begin(): Promise<EncryptionRotation> {
    const em = this.em.fork();
    const underWay = await em.findOne(EncryptionRotation, { state: 'running' });
    if (underWay) return underWay;
    await this.refuseOtherMaster(em);
    const { row } = await makeKey(this.ring.master, 'primary');
    return em.transactional(async (em) => {
      await lockKeys(em);
      const other = await em.findOne(EncryptionRotation, { state: 'running' });
      if (other) return other;
      await this.refuseOtherMaster(em);
      await em.execute(`update encryption_key set status = 'active' where status = 'primary'`);
      const rotation = new EncryptionRotation(row.id);
      await em.persist([row, rotation]).flush();
      await this.audit.record(em, { action: 'encryption.rotation-begun', owner: null, details: { key_id: row.id } });
      await announceKeys(em);
      this.logger.log(`The encryption key ${row.id} is now the primary one`);
      return rotation;
    });
  }

  /**
   * Does what is left of the rotation under way, to its end; without one, nothing.
   * @throws the reason of the signal when it is aborted; the next call goes on.
   */
  async advance(signal: AbortSignal): Promise<void> {
    const rotation = await this.em.fork().findOne(EncryptionRotation, { state: 'running' });
    if (!rotation) return;
    await this.notePromotion(rotation.id);
    await this.ring.reload();
    let horizon: string | undefined;
    for (;;) {
      const unreadable = await this.reencrypt(rotation.keyId, signal);
      if (horizon === undefined && (await this.isSettled(rotation.id))) horizon = await this.horizon();
      if (horizon !== undefined && (await this.passed(horizon))) {
        // Another pass, now that nobody writes under earlier keys: what this one finds is the whole rest.
        const rest = await this.reencrypt(rotation.keyId, signal);
        if ((await this.countLeft(rotation.keyId)) === rest.count) return this.finish(rotation.id, rest);
      }
      if (unreadable.count > 0) await this.noteUnreadable(this.em.fork(), rotation.id, unreadable);
      await delay(PASS_PAUSE_MS, undefined, { signal });
    }
  }

  async status(): Promise<EncryptionStatus> {
    const em = this.em.fork();
    const keys = await allKeys(em);
    const [rotation = null] = await em.find(EncryptionRotation, {}, { orderBy: { startedAt: 'desc' }, limit: 1 });
    const primary = keys.find(({ status }) => status === 'primary');
    return { keys, rotation, left: primary ? await countNotUnder(em, this.columns, primary.id) : [] };
  }

  private async countLeft(keyId: string): Promise<number> {
    const counts = await countNotUnder(this.em.fork(), this.columns, keyId);
    return counts.reduce((sum, { rows }) => sum + rows, 0);
  }

  private async reencrypt(keyId: string, signal: AbortSignal): Promise<Unreadable> {
    return new Reencryption(this.em.fork(), this.ring.current, keyId).run(this.columns, signal);
  }

  /** A rewrap has changed the master key under this process: a key that it wraps would open for nobody else. */
  private async refuseOtherMaster(em: EntityManager): Promise<void> {
    const { master } = this.ring;
    const other = (await allKeys(em)).find(({ masterKeyId }) => masterKeyId !== master.id);
    if (!other) return;
    throw new EncryptionUnavailableError(
      `The encryption key ${other.id} is wrapped by the master key ${other.masterKeyId}, but this process was started ` +
        `with ${master.id}. Start it with the new master key, or finish the rewrap. Nothing was changed.`,
    );
  }

  /** A time of its own, after the commit of the promotion: settling must not begin before others can see it. */
  private async notePromotion(id: string): Promise<void> {
    await this.em
      .fork()
      .execute('update encryption_rotation set promoted_at = clock_timestamp() where id = ? and promoted_at is null', [
        id,
      ]);
  }

  private async isSettled(id: string): Promise<boolean> {
    const [row] = await this.em
      .fork()
      .execute<{ settled: boolean }[]>(
        `select promoted_at + ? * interval '1 millisecond' < clock_timestamp() as settled from encryption_rotation where id = ?`,
        [keyTiming(this.environment.keyPollMs).settleMs, id],
      );
    return row?.settled ?? false;
  }

  /** The transactions that are running or have ended by now: all with a number below this. */
  private async horizon(): Promise<string> {
    const [{ at }] = await this.em
      .fork()
      .execute<[{ at: string }]>('select pg_snapshot_xmax(pg_current_snapshot())::text as at');
    return at;
  }

  /** Whether all transactions below the horizon have ended: what they wrote under earlier keys can be seen. */
  private async passed(horizon: string): Promise<boolean> {
    const [{ passed }] = await this.em
      .fork()
      .execute<[{ passed: boolean }]>('select pg_snapshot_xmin(pg_current_snapshot()) >= ?::text::xid8 as passed', [
        horizon,
      ]);
    return passed;
  }

  /** Keys under which a value is left, because that does not decrypt, are not retired. */
  private async finish(id: string, unreadable: Unreadable): Promise<void> {
    await this.em.fork().transactional(async (em) => {
      await lockKeys(em);
      await em.execute(
        `update encryption_key k set status = 'retired', retired_at = now()
          where k.status = 'active' and not ${inUseSql(this.columns)}`,
      );
      await this.noteUnreadable(em, id, unreadable);
      await em.execute(
        `update encryption_rotation set state = 'finished', finished_at = now() where id = ? and state = 'running'`,
        [id],
      );
      await announceKeys(em);
    });
    this.logger.log(`The rotation of encryption keys is finished; ${unreadable.count} values did not decrypt`);
  }

  private async noteUnreadable(em: EntityManager, id: string, { count, first }: Unreadable): Promise<void> {
    await em.execute('update encryption_rotation set unreadable_count = ?, unreadable = ?::jsonb where id = ?', [
      count,
      JSON.stringify(first),
      id,
    ]);
  }
}
