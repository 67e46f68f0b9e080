import { Injectable } from '@nestjs/common';

/** Something that stops working with its connection. */
export interface Dependant {
  /** `workflow`: its published version or its draft names the connection. */
  readonly kind: 'workflow' | 'resource' | 'subscription';
  /** Public id. */
  readonly id: string;
  readonly name: string;
  /** What of it, such as `published version 3`; for people. */
  readonly where: string;
}

/** Finds what depends on a connection of a user. @param connectionId public id */
export type FindDependants = (userId: string, connectionId: string) => Promise<Dependant[]>;

/** What depends on connections by a column, so that it can be counted for many of them at once. */
export type CountedKind = 'resource' | 'subscription';

/** How many depend on each of these connections (uuids), by connection; those that none depends on may be left out. */
export type CountDependants = (connectionIds: readonly string[]) => Promise<ReadonlyMap<string, number>>;

/** Who depends on connections: modules to the right of this one tell it. */
@Injectable()
export class ConnectionDependants {
  private readonly finders: FindDependants[] = [];
  private readonly counters = new Map<CountedKind, CountDependants>();

  register(find: FindDependants): void {
    this.finders.push(find);
  }

  registerCount(kind: CountedKind, count: CountDependants): void {
    this.counters.set(kind, count);
  }

  async count(kind: CountedKind, connectionIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const count = this.counters.get(kind);
    return count && connectionIds.length > 0 ? count(connectionIds) : new Map();
  }

  async of(userId: string, connectionId: string): Promise<Dependant[]> {
    return (await Promise.all(this.finders.map((find) => find(userId, connectionId)))).flat();
  }
}
