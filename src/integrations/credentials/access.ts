import { type DatabaseGuard } from '../../common/database/database-guard.js';
import { type JsonObject } from '../../common/json.js';
import { type Account } from './account.js';
import { type Egress } from './bound-egress.js';

/** A resource with its secrets in the clear: exists only while something works with it. */
export interface ResourceAccess {
  /** Public id. */
  readonly resourceId: string;
  readonly name: string;
  readonly type: string;
  /** Satisfies the schema of its type. */
  readonly metadata: JsonObject;
  readonly secrets: Readonly<Record<string, string>>;
}

/** What a tool, a model or a test of a resource reaches the world with. */
export interface Access {
  /** The only way out of the process; with a resource, only to where that may be reached. */
  readonly egress: Egress;
  /** Tells Seer's own database, which nothing that works for users may touch. */
  readonly databaseGuard: Pick<DatabaseGuard, 'isOwn'>;
  /** Aborts when the work is not wanted any more. */
  readonly signal: AbortSignal;
  readonly resource?: ResourceAccess;
  readonly account?: Account;
  /** Takes a text that was made of secrets out of everything that comes back, as the secrets themselves are. */
  hide(text: string): void;
  /** A text without the secrets in it, for what is told before the work is over. */
  scrub(text: string): string;
  /** The same for a text that goes on: its end may be the beginning of a secret, and is left for the next time. */
  scrubBegun(text: string): { clean: string; rest: string };
}

/** The resource of whatever declares that it needs one. */
export function resourceOf({ resource }: Access): ResourceAccess {
  if (!resource) throw new Error('this needs a resource, but does not say so in its definition');
  return resource;
}

/** The account of whatever declares that it needs one. */
export function accountOf({ account }: Access): Account {
  if (!account) throw new Error('this needs an account, but does not say so in its definition');
  return account;
}
