import { type EntityManager } from '@mikro-orm/postgresql';
import { type Type } from '@nestjs/common';

/** `error`: something does not work. `warning`: it works, and will not for long, or not as somebody wishes. */
export type Severity = 'error' | 'warning';
export const severities: Severity[] = ['error', 'warning'];

/** What a check gets. */
export interface FindingContext {
  /** Of this check alone; it only reads, and its statements have a time limit. */
  readonly em: EntityManager;
  /** So many troubles are shown. A check gives one more, if there is one: then it is known that there are more. */
  readonly most: number;
  /** A service of any module. */
  get<Service>(token: Type<Service> | symbol): Service;
}

/** One thing that is wrong. */
export interface Trouble {
  /** One sentence or two for people: what is wrong, of whom, and why. */
  readonly summary: string;
  /** Null: nobody knows. */
  readonly since: Date | null;
  /** Public ids of what it is about, some of them when there are many. */
  readonly ids: readonly string[];
}

/** A kind of trouble, and how it is found. The check is a few probes of indexes, whatever the size of the tables. */
export interface Finding {
  /** Stable: lower-case letters and `-`. */
  readonly code: string;
  readonly severity: Severity;
  readonly title: string;
  /** What to do about it. */
  readonly remedy: string;
  find(context: FindingContext): Promise<Trouble[]>;
}

/** Defines a kind of trouble: one file in `findings/` of the module that knows of it, and one line in the catalogue there. */
export function defineFinding(finding: Finding): Finding {
  return finding;
}

/** Some ids tell as much as thousands. */
export const MOST_IDS = 20;
