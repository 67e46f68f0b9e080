import { type EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { type Finding } from './spec/findings.js';

/** A workflow of which another version, or none any more, is published from now on. */
export interface Publication {
  /** Internal id. */
  readonly workflowId: string;
  readonly isPublished: boolean;
}

/** Told inside the transaction that publishes. @returns warnings for whoever does it */
export type OnPublication = (em: EntityManager, publication: Publication) => Promise<Finding[]>;

/** Who wants to know what is published: modules to the right of this one tell it. */
@Injectable()
export class Publications {
  private readonly listeners: OnPublication[] = [];

  register(listener: OnPublication): void {
    this.listeners.push(listener);
  }

  async tell(em: EntityManager, publication: Publication): Promise<Finding[]> {
    const warnings: Finding[] = [];
    for (const listener of this.listeners) warnings.push(...(await listener(em, publication)));
    return warnings;
  }
}
