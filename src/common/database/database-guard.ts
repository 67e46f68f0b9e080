import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

/** Which database a connection leads to, whatever name and address it was reached by. */
export interface DatabaseIdentity {
  /** Its oid in its cluster. */
  readonly database: string;
  /** When the server started, in microseconds' precision: no two servers share that. */
  readonly started: string;
  /** Made by initdb, shared by replicas; null where the role may not read it. */
  readonly system: string | null;
}

const tellApart = `
  (select oid::text from pg_catalog.pg_database where datname operator(pg_catalog.=) pg_catalog.current_database()) as database,
  extract(epoch from pg_catalog.pg_postmaster_start_time())::text as started`;

/** The statements that answer with a {@link DatabaseIdentity}; every role may run the second one. */
export const identityQueries = {
  whole: `select ${tellApart}, (select system_identifier::text from pg_catalog.pg_control_system()) as system`,
  modest: `select ${tellApart}, null as system`,
};

/** Knows Seer's own database from inside, by whatever address and name somebody has reached it. */
@Injectable()
export class DatabaseGuard {
  private system: Promise<string | null> | undefined;

  constructor(private readonly em: EntityManager) {}

  /** Whether it is Seer's own database, or a replica of it. */
  async isOwn(other: DatabaseIdentity): Promise<boolean> {
    // Read each time: it changes whenever the server starts again.
    const own = await this.read(identityQueries.modest);
    if (own.database !== other.database) return false;
    if (own.started === other.started) return true;
    this.system ??= this.readSystem();
    const system = await this.system;
    return system !== null && system === other.system;
  }

  /** That of the cluster never changes. */
  private async readSystem(): Promise<string | null> {
    try {
      return (await this.read(identityQueries.whole)).system;
    } catch {
      this.system = undefined;
      return null;
    }
  }

  private async read(query: string): Promise<DatabaseIdentity> {
    const [identity] = await this.em.fork().execute<DatabaseIdentity[]>(query);
    return identity!;
  }
}
