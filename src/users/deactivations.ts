import { type EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

/** A user who is deactivated from now on, or active again. */
export interface Deactivation {
  /** Internal id. */
  readonly userId: string;
  readonly isActive: boolean;
}

/** Told inside the transaction that does it. */
export type OnDeactivation = (em: EntityManager, deactivation: Deactivation) => Promise<void>;

/** Who wants to know whose work rests: modules to the right of this one tell it. */
@Injectable()
export class Deactivations {
  private readonly listeners: OnDeactivation[] = [];

  register(listener: OnDeactivation): void {
    this.listeners.push(listener);
  }

  async tell(em: EntityManager, deactivation: Deactivation): Promise<void> {
    for (const listener of this.listeners) await listener(em, deactivation);
  }
}
