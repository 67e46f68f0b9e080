import { type EntityManager } from '@mikro-orm/postgresql';
import { textArray } from '../../common/database/sql-array.js';
import { dateOf } from '../../common/database/sql-date.js';

/** For so long it can be finished. */
export const AUTHORIZATION_MINUTES = 10;
/** More that are open at a time belong to nobody with two hands; the oldest go. */
const MOST_OF_A_USER = 50;

export interface BegunAuthorization {
  stateHash: string;
  userId: string;
  provider: string;
  browserHash: string;
  codeVerifier: string;
  scopes: readonly string[];
  redirectTo: string | null;
  connectionId: string | null;
}

export interface TakenAuthorization {
  state_hash: string;
  user_id: string;
  code_verifier: string;
  scopes: string[];
  redirect_to: string | null;
  connection_id: string | null;
}

/** @returns until when it can be finished */
export async function beginAuthorization(em: EntityManager, begun: BegunAuthorization): Promise<Date> {
  const [row] = await em.fork().execute<[{ expires_at: string }]>(
    `with old as (
       delete from oauth_authorization where user_id = ? and (expires_at < now() or state_hash in (
         select state_hash from oauth_authorization where user_id = ? order by created_at desc offset ?
       ))
     )
     insert into oauth_authorization
       (state_hash, user_id, provider, browser_hash, code_verifier, scopes, redirect_to, connection_id, expires_at)
     values (?, ?, ?, ?, ?, ?, ?, ?, now() + interval '${AUTHORIZATION_MINUTES} minutes')
     returning expires_at`,
    [
      begun.userId,
      begun.userId,
      MOST_OF_A_USER - 1,
      begun.stateHash,
      begun.userId,
      begun.provider,
      begun.browserHash,
      begun.codeVerifier,
      textArray(begun.scopes),
      begun.redirectTo,
      begun.connectionId,
    ],
  );
  return dateOf(row.expires_at);
}

/**
 * Takes an authorization out: of two that come back with one state, one finds it. One from another browser or of another
 * provider doesn't, and does not use it up either; nor does that of a user who is deactivated.
 */
export async function takeAuthorization(
  em: EntityManager,
  { stateHash, provider, browserHash }: { stateHash: string; provider: string; browserHash: string },
): Promise<TakenAuthorization | undefined> {
  const [row] = await em.fork().execute<TakenAuthorization[]>(
    `delete from oauth_authorization
      where state_hash = ? and provider = ? and browser_hash = ? and expires_at > now()
        and exists (select from "user" u where u.id = oauth_authorization.user_id and u.deactivated_at is null)
      returning state_hash, user_id::text, code_verifier, scopes, redirect_to, connection_id`,
    [stateHash, provider, browserHash],
  );
  return row;
}
