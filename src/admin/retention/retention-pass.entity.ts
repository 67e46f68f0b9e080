import { Entity, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';

/** The last time that what is old was deleted, or the one under way: a single row. */
@Entity()
export class RetentionPass {
  @PrimaryKey({ type: 'text' })
  id: string;

  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)', defaultRaw: 'now()' })
  startedAt: Date;

  /** Null while it goes on; it also goes on by itself when a process has died meanwhile. */
  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)', nullable: true })
  finishedAt: Date | null;

  /** How much went, by name of the prunable. */
  @Property({ type: 'json', columnType: 'jsonb' })
  rows: Record<string, number>;
}
