import { Injectable } from '@nestjs/common';
import { isJsonObject, type JsonObject } from '../../common/json.js';
import { type AccountContext, type OAuthProvider, type ProviderAccount } from '../providers/define-provider.js';
import { OAuthHttp } from './oauth-http.js';
import { type TokenGrant } from './token-grant.js';
import { retryAfterOf, troubleOf } from './trouble.js';
import { OAuthTroubleError } from './upstream.errors.js';

const MAX_ID = 255;
const MAX_LABEL = 320;

/** Finds out whose account a token opens. */
@Injectable()
export class Accounts {
  constructor(private readonly http: OAuthHttp) {}

  /** @throws OAuthTroubleError when the provider does not tell */
  async of(provider: OAuthProvider, { accessToken, answer, claims }: TokenGrant): Promise<ProviderAccount> {
    const call: AccountContext['call'] = (url, options) => this.call(accessToken, url, options);
    try {
      const { id, label } = await provider.account({ accessToken, answer, claims, call });
      return { id: textOf(id, MAX_ID), label: textOf(label).slice(0, MAX_LABEL) };
    } catch (error) {
      throw troubleOf(error);
    }
  }

  private async call(
    accessToken: string,
    url: string,
    { method = 'GET', headers = {}, body }: Parameters<AccountContext['call']>[1] = {},
  ): Promise<JsonObject> {
    const response = await this.http.fetch(url, {
      method,
      headers: {
        accept: 'application/json',
        'user-agent': 'Seer',
        authorization: `Bearer ${accessToken}`,
        ...(body && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    const what = `${new URL(url).host} answered ${response.status} when asked whose account it is.`;
    const given: unknown = response.ok ? await response.json().catch(() => undefined) : undefined;
    if (!isJsonObject(given)) throw new OAuthTroubleError(what, retryAfterOf(response));
    return given;
  }
}

/** What providers leave out comes as the text `undefined`. */
function textOf(given: unknown, maxLength = Infinity): string {
  const isText = typeof given === 'string' && given !== '' && given !== 'undefined' && given !== 'null';
  const isShort = isText && given.length <= maxLength;
  if (isShort && given.isWellFormed() && !/\p{Cc}/u.test(given)) return given;
  throw new OAuthTroubleError('it does not say whose account it is.');
}
