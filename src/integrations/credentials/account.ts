import { type EgressRequest, type EgressResponse } from '../../common/egress/egress.types.js';
import { makePublicId } from '../../common/public-id.js';
import { type AccessTokens, type FreshToken, type OAuthProvider } from '../../oauth/index.js';
import { type ApiAnswer, type ApiRequest, answerOf, requestOf } from '../tools/api-call.js';
import { errorOf, type Trouble, type Verdict, verdictOf } from '../tools/verdict.js';
import { type Egress } from './bound-egress.js';
import { type Scrubber } from './scrubber.js';

/** What an account works with. */
export interface AccountOptions {
  readonly provider: OAuthProvider;
  readonly owner: { readonly connectionId: string; readonly userId: string };
  /** For people. */
  readonly label: string;
  readonly tokens: AccessTokens;
  /** Reaches the APIs of the provider only. */
  readonly egress: Egress;
  readonly scrubber: Scrubber;
  readonly signal: AbortSignal;
}

/** How an answer of an API is judged; most are by their status. */
export type Judge = (answer: ApiAnswer) => Verdict;

/**
 * A connected account, in the hands of a tool. The tool never sees the token: it goes with each call, and only to the
 * APIs of the provider. A token that is refused although it should work is refreshed, once.
 */
export class Account {
  private token: FreshToken | undefined;

  constructor(private readonly options: AccountOptions) {}

  /** Public id. */
  get connectionId(): string {
    return makePublicId('connection', this.options.owner.connectionId);
  }

  get label(): string {
    return this.options.label;
  }

  /**
   * Calls an API of the provider with the account's token.
   * @returns the answer, if it is judged to be good
   * @throws ToolError when it is not; ConnectionNeedsReauthError when the account must be connected again
   */
  async call(request: ApiRequest, judge: Judge = verdictOf): Promise<ApiAnswer> {
    const { provider, signal } = this.options;
    let answer: ApiAnswer | undefined;
    let verdict: Verdict | undefined;
    const made = { ...requestOf(request, provider), signal };
    await this.authorized(made, (response) => {
      answer = answerOf(response, made.method);
      verdict = judge(answer);
      return verdict !== 'unauthorized';
    });
    if (verdict !== 'good') throw errorOf(answer!, verdict as Trouble);
    return answer!;
  }

  /** Sends any request to an API of the provider; 401 alone says something about the token. @throws as `call` */
  async send(request: EgressRequest): Promise<EgressResponse> {
    return this.authorized(request, ({ status }) => status !== 401);
  }

  /** A token that is refused although it should work is replaced, once. */
  private async authorized(
    request: EgressRequest,
    isAuthorized: (response: EgressResponse) => boolean,
  ): Promise<EgressResponse> {
    const { tokens, owner } = this.options;
    const first = await this.prepare();
    const response = await this.sendWith(first, request);
    if (isAuthorized(response)) return response;
    const second = (this.token = await this.fresh(first.accessToken));
    const again = await this.sendWith(second, request);
    if (isAuthorized(again)) return again;
    throw await tokens.refused(owner, second.accessToken);
  }

  /** Makes certain that there is a token that should work. @throws as AccessTokens.fresh */
  async prepare(): Promise<FreshToken> {
    return (this.token ??= await this.fresh());
  }

  private async fresh(rejected?: string): Promise<FreshToken> {
    const { tokens, owner, scrubber } = this.options;
    const token = await tokens.fresh(owner, rejected === undefined ? {} : { rejected });
    scrubber.add(token.accessToken);
    return token;
  }

  private sendWith({ accessToken }: FreshToken, request: EgressRequest): Promise<EgressResponse> {
    const headers = { ...request.headers, authorization: `Bearer ${accessToken}` };
    // What another origin answers is no answer of the provider.
    return this.options.egress.request({ ...request, headers, followRedirects: 'same-origin' });
  }
}
