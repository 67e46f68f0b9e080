import { type EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

/** Somebody has connected an account, or has connected it again. */
export interface Renewal {
  readonly userId: string;
  /** Public id. */
  readonly connectionId: string;
}

/** Told inside the transaction that stores the new tokens, so that no crash comes between. @returns what to do after it */
export type OnRenewal = (em: EntityManager, renewal: Renewal) => Promise<() => void>;

/** Who wants to know that a connection works again: modules to the right of this one tell it. */
@Injectable()
export class ConnectionRenewals {
  private readonly listeners: OnRenewal[] = [];

  register(listener: OnRenewal): void {
    this.listeners.push(listener);
  }

  async tell(em: EntityManager, renewal: Renewal): Promise<() => void> {
    const after: (() => void)[] = [];
    for (const listener of this.listeners) after.push(await listener(em, renewal));
    return () => {
      for (const act of after) act();
    };
  }
}
