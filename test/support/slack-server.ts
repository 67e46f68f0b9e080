import { type OAuthProvider } from '../../src/oauth/index.js';
import { registration } from './accounts.js';
import { type ApiCall, ApiServer, type Reply } from './api-server.js';
import { TokenServer } from './token-server.js';

interface Channel {
  id: string;
  name: string;
  is_private?: boolean;
  is_archived?: boolean;
  is_member?: boolean;
}

/** An error as Slack writes it: with status 200. */
export const slackError = (error: string, more: object = {}): Reply => ({ body: { ok: false, error, ...more } });

/** Slack on this machine: bot tokens that rotate, and as much of the Web API as tools use. */
export class SlackServer {
  readonly channels: Channel[] = [];
  readonly messages: { channel: string; text?: string; blocks?: object[]; thread_ts?: string }[] = [];

  private constructor(
    readonly auth: TokenServer,
    readonly api: ApiServer,
  ) {}

  static async start(): Promise<SlackServer> {
    const auth = await TokenServer.start(
      ({ account, accessToken, refreshToken, scopes }) => ({
        ok: true,
        access_token: accessToken,
        token_type: 'bot',
        scope: scopes.join(','),
        expires_in: 43_200,
        refresh_token: refreshToken,
        team: { id: `T-${account}`, name: `Team of ${account}` },
        enterprise: null,
      }),
      { status: 200, body: { ok: false, error: 'invalid_refresh_token' } },
    );
    const slack: { made?: SlackServer } = {};
    const api = await ApiServer.start(auth, {
      answer: (call) => slack.made!.answer(call),
      unauthorized: () => slackError('invalid_auth'),
    });
    return (slack.made = new SlackServer(auth, api));
  }

  get local(): Partial<OAuthProvider> {
    return { endpoints: this.auth.endpoints, apis: { web: `${this.api.url}/api` } };
  }

  get registration(): Record<string, string> {
    return registration('slack', this.auth.clientId, this.auth.clientSecret);
  }

  reset(): void {
    this.api.reset();
    this.channels.length = 0;
    this.messages.length = 0;
  }

  async close(): Promise<void> {
    await this.api.close();
    await this.auth.close();
  }

  private answer(call: ApiCall): Reply {
    const method = call.path.replace(/^\/api\//, '');
    if (method === 'auth.test') {
      return {
        body: { ok: true, url: 'https://ada.slack.example/', team: 'Team of ada', user: 'seer', team_id: 'T-ada' },
      };
    }
    if (method === 'chat.postMessage') return lacks(call, 'chat:write') ?? this.post(call);
    if (method === 'conversations.list') return this.list(call);
    return slackError('unknown_method');
  }

  private post({ body }: ApiCall): Reply {
    const channel = this.channels.find(({ id, name }) => id === body.channel || name === body.channel);
    if (!channel) return slackError('channel_not_found');
    if (channel.is_archived) return slackError('is_archived');
    if (!channel.is_member) return slackError('not_in_channel');
    if (body.blocks?.some(({ type }: { type: string }) => type === 'nonsense')) {
      return slackError('invalid_blocks', { response_metadata: { messages: ['[ERROR] unsupported type: nonsense'] } });
    }
    this.messages.push(body);
    return { body: { ok: true, channel: channel.id, ts: `1700000000.00000${this.messages.length}`, message: {} } };
  }

  private list(call: ApiCall): Reply {
    const { query } = call;
    const types = (query.get('types') ?? 'public_channel').split(',');
    const wantsPrivate = types.includes('private_channel');
    const refusal = lacks(call, 'channels:read') ?? (wantsPrivate ? lacks(call, 'groups:read') : undefined);
    if (refusal) return refusal;
    const found = this.channels.filter(
      ({ is_private: isPrivate, is_archived: isArchived }) =>
        (wantsPrivate || !isPrivate) && !(isArchived && query.get('exclude_archived') === 'true'),
    );
    const limit = Number(query.get('limit') ?? 100);
    if (limit < 1 || limit > 1_000) return slackError('invalid_limit');
    const begin = Number(Buffer.from(query.get('cursor') ?? '', 'base64').toString() || 0);
    if (!Number.isSafeInteger(begin)) return slackError('invalid_cursor');
    const end = begin + limit;
    const cursor = end < found.length ? Buffer.from(String(end)).toString('base64') : '';
    return { body: { ok: true, channels: found.slice(begin, end), response_metadata: { next_cursor: cursor } } };
  }
}

function lacks({ scopes }: ApiCall, needed: string): Reply | undefined {
  return scopes.includes(needed) ? undefined : slackError('missing_scope', { needed, provided: scopes.join(',') });
}
