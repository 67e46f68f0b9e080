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

/** Who depends on connections: modules to the right of this one tell it. */
@Injectable()
export class ConnectionDependants {
  private readonly finders: FindDependants[] = [];

  register(find: FindDependants): void {
    this.finders.push(find);
  }

  async of(userId: string, connectionId: string): Promise<Dependant[]> {
    return (await Promise.all(this.finders.map((find) => find(userId, connectionId)))).flat();
  }
}
