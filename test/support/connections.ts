import { MikroORM } from '@mikro-orm/postgresql';
import { AccessTokens } from '../../src/oauth/index.js';
import { type TestApp } from './app.js';
import { Browser } from './browser.js';
import { makeCaller } from './callers.js';
import { type Client } from './client.js';

/** Somebody who has connected an account. */
export interface Connected {
  readonly token: string;
  readonly caller: Client;
  readonly connectionId: string;
  /** For {@link AccessTokens.fresh}. */
  readonly ref: { connectionId: string; userId: string };
}

/** Where a front end of the tests lives. */
export const FRONT_END = 'https://app.test';

/** Connects an account as a front end does. @returns where the browser ends */
export async function authorize(
  seer: TestApp,
  token: string,
  query = '',
  browser = new Browser(seer.url),
  provider = 'acme',
) {
  const path = `/v1/integrations/${provider}/authorize${query}`;
  const { status, body } = await browser.api(path, { authorization: `Bearer ${token}` });
  if (status !== 200) throw new Error(JSON.stringify(body));
  return browser.open(body.authorization_url, { until: `${FRONT_END}/` });
}

/** A new user with a connected account. */
export async function makeConnected(seer: TestApp): Promise<Connected> {
  const { token, user } = await makeCaller(seer.app);
  const { text } = await authorize(seer, token);
  const caller = seer.stranger.as(token);
  const { body } = await caller.get('/v1/integrations/connections');
  if (body.items.length === 0) throw new Error(text);
  const connectionId: string = body.items[0].connection_id;
  return {
    token,
    caller,
    connectionId,
    ref: { connectionId: connectionId.slice('conn_'.length), userId: String(user.id) },
  };
}

/** The access token, as a tool would get it. */
export async function tokenOf(seer: TestApp, { ref }: Pick<Connected, 'ref'>): Promise<string> {
  return (await seer.app.get(AccessTokens).fresh(ref)).accessToken;
}

/** Moves the end of the access token to so many seconds from now. */
export async function endIn(seer: TestApp, { ref }: Pick<Connected, 'ref'>, seconds: number): Promise<void> {
  await seer.app
    .get(MikroORM)
    .em.fork()
    .execute(
      `update oauth_connection set expires_at = now() + ? * interval '1 second', retry_at = null where connection_id = ?`,
      [seconds, ref.connectionId],
    );
}
