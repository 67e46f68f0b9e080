import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { asDatabaseUnavailable } from '../../common/database/database.errors.js';
import { textArray } from '../../common/database/sql-array.js';
import { outsideOfRequests } from '../../common/http/current-request.js';
import { type UserRole } from '../user.entity.js';
import { AccessNews } from './access-news.js';
import { type Principal } from './principal.js';
import { type ScopeName, scopeNames, usableScopes } from './scopes.js';

/** Whoever is served for long is looked at so often without news, in milliseconds: a change that was not heard is found. */
const LOOK_AGAIN_MS = 5_000;

/** Somebody who is served for long. */
interface Served {
  readonly caller: Principal;
  readonly refuse: () => void;
}

/**
 * What goes on for a caller after the guard has let them in, such as a stream of events, ends when the guard would not let
 * them in any more: the key is revoked or expired, the JWT expired, the user deactivated or deleted, or they may do less than
 * at first. One statement looks at all who are served: at each change of access that is heard, and every few seconds.
 */
@Injectable()
export class AccessWatch implements OnModuleDestroy {
  private readonly log = new Logger(AccessWatch.name);
  private readonly served = new Set<Served>();
  private timer: NodeJS.Timeout | undefined;
  private looking = false;
  private changed = false;

  constructor(
    private readonly em: EntityManager,
    news: AccessNews,
  ) {
    news.onChange(() => void this.look());
  }

  onModuleDestroy(): void {
    clearTimeout(this.timer);
    this.served.clear();
  }

  /**
   * Serves a caller from now on.
   * @param refuse called once, when they may be served no longer
   * @returns how to stop
   */
  serve(caller: Principal, refuse: () => void): () => void {
    const one = { caller, refuse };
    this.served.add(one);
    if (!this.timer || caller.expiresAt - Date.now() < LOOK_AGAIN_MS) this.lookLater();
    return () => {
      this.served.delete(one);
    };
  }

  private lookLater(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.served.size === 0) return;
    let wait = LOOK_AGAIN_MS;
    for (const { caller } of this.served) wait = Math.min(wait, caller.expiresAt - Date.now());
    this.timer = setTimeout(() => void this.look(), Math.max(1, wait)).unref();
  }

  /** One look at a time; a change that is heard meanwhile leads to another one. */
  private async look(): Promise<void> {
    this.changed = true;
    if (this.looking) return;
    this.looking = true;
    try {
      while (this.changed) {
        this.changed = false;
        this.refuse(({ caller }) => caller.expiresAt > Date.now());
        // Neither in the place of the request that brings the change, nor of that which was served first.
        await outsideOfRequests(() => this.lookAtAll([...this.served]));
      }
    } catch (error) {
      // The guard would not know either; what is served has nothing new to tell while the database is away.
      if (!asDatabaseUnavailable(error)) this.log.error({ err: error }, 'Access of callers could not be looked at');
    } finally {
      this.looking = false;
      this.lookLater();
    }
  }

  private async lookAtAll(served: readonly Served[]): Promise<void> {
    if (served.length === 0) return;
    const users = new Set(served.map(({ caller }) => caller.userId));
    const keys = new Set(served.map(({ caller }) => caller.apiKeyId).filter((id) => id !== null));
    const rows = await this.em.fork().execute<GoodRow[]>(whoIsGood, [textArray([...users]), textArray([...keys])]);
    const good = new Map(rows.map((row) => [`${row.user_id} ${row.key_id}`, row]));
    this.refuse(({ caller }) => {
      const row = good.get(`${caller.userId} ${caller.apiKeyId}`);
      if (!row) return false;
      const now = usableScopes(row.scopes ?? scopeNames, row.role);
      return [...caller.scopes].every((scope) => now.has(scope));
    }, served);
  }

  /** Ends what is done for those of whom this is false. */
  private refuse(isGood: (one: Served) => boolean, served: Iterable<Served> = this.served): void {
    for (const one of served) if (!isGood(one) && this.served.delete(one)) one.refuse();
  }
}

interface GoodRow {
  user_id: string;
  role: UserRole;
  /** null: of somebody who comes with a JWT. */
  key_id: string | null;
  scopes: ScopeName[] | null;
}

const whoIsGood = `
  with good as (select id, role from "user" where id = any(?::bigint[]) and deactivated_at is null)
  select id::text as user_id, role, null as key_id, null::text[] as scopes from good
  union all
  select good.id::text, good.role, k.key_id::text, k.scopes
    from api_key k join good on good.id = k.user_id
   where k.key_id = any(?::uuid[]) and k.revoked_at is null`;
