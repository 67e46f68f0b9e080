import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { type Condition } from '../../common/database/conditions.js';

/** Finds users for lists that are filtered by one. */
@Injectable()
export class Owners {
  constructor(private readonly em: EntityManager) {}

  /**
   * Internal ids of those with this subject: one, or one for each identity provider that has such a subject. Looked up
   * first, because a list of one user is read in the order of an index only when the id is a constant.
   */
  async idsOf(subject: string): Promise<string[]> {
    const rows = await this.em.execute<{ id: string }[]>('select id from "user" where user_id = ?', [subject]);
    return rows.map(({ id }) => id);
  }

  /** The condition that a column is one of these users, if the list is filtered by a user at all. */
  async condition(column: string, subject: string | undefined): Promise<Condition[]> {
    if (subject === undefined) return [];
    const ids = await this.idsOf(subject);
    return [ids.length > 0 ? [`${column} in (${ids.map(() => '?').join(', ')})`, ...ids] : ['false']];
  }
}
