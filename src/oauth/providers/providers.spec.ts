import { type JsonObject } from '../../common/json.js';
import { ProviderAnswerError } from './answers.js';
import { providers } from './catalogue.js';
import { type AccountContext, type OAuthProvider } from './define-provider.js';

const keys = providers.map((provider) => provider.key);

function provider(key: string): OAuthProvider {
  const found = providers.find((each) => each.key === key);
  if (found === undefined) {
    throw new Error(`There is no provider ${key}.`);
  }
  return found;
}

const urls = ({ documentation, endpoints }: OAuthProvider): string[] => [
  documentation,
  ...(Object.values(endpoints) as string[]),
];

describe('the catalogue of providers', () => {
  it('has no key twice', () => {
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('is complete', () => {
    expect([...keys].sort()).toEqual(
      'airtable asana atlassian discord dropbox github gitlab google hubspot linear microsoft notion salesforce slack zoom'.split(
        ' ',
      ),
    );
  });

  describe.each(keys)('of %s', (key) => {
    const { title, scopes, baseScopes, scopeSeparator = ' ', authorizeParams = {}, accessTokenSeconds } = provider(key);

    it('has a key for URLs and environment variables, and a title', () => {
      expect(key).toMatch(/^[a-z][a-z0-9_]*$/);
      expect(title.trim()).toBe(title);
      expect(title).not.toBe('');
    });

    it.each(urls(provider(key)))('names a real place over https: %s', (url) => {
      const { protocol, hostname, username, hash } = new URL(url);
      expect({ protocol, username, hash }).toEqual({ protocol: 'https:', username: '', hash: '' });
      expect(hostname).toMatch(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/);
      expect(url).not.toMatch(/example|localhost|your-|[{}<>$]/);
    });

    it('has scopes with titles, each of them one scope', () => {
      const all = [...Object.keys(scopes), ...baseScopes];
      for (const scope of all) {
        expect(scope).toMatch(/^[\x21\x23-\x5b\x5d-\x7e]+$/);
        expect(scope).not.toContain(scopeSeparator);
      }
      for (const does of Object.values(scopes)) {
        expect(does).toMatch(/^[A-Z].+[^.]$/);
      }
      expect(new Set(all).size).toBe(all.length);
    });

    it('leaves the parameters of the protocol to Seer', () => {
      const reserved = [
        'response_type',
        'client_id',
        'redirect_uri',
        'scope',
        'state',
        'code_challenge',
        'code_challenge_method',
      ];
      expect(Object.keys(authorizeParams).filter((name) => reserved.includes(name))).toEqual([]);
    });

    it('says a lifetime only when it is one', () => {
      expect(accessTokenSeconds ?? 60).toBeGreaterThanOrEqual(60);
    });
  });

  it('does without PKCE only where a secret beside it is refused', () => {
    expect(providers.filter(({ pkce }) => pkce === false).map(({ key }) => key)).toEqual(['slack']);
  });

  it('has the issuers that are told in answers', () => {
    const told = providers.flatMap(({ key, endpoints }) =>
      'issuer' in endpoints ? [[key, endpoints.issuer] as const] : [],
    );
    expect(Object.fromEntries(told)).toEqual({
      google: 'https://accounts.google.com',
      github: 'https://github.com/login/oauth',
      discord: 'https://discord.com',
    });
  });
});

/** What the token endpoint says, as the documentation of the provider prints it, and what Seer must read from it. */
const tokenAnswers: [key: string, what: string, said: JsonObject, read: JsonObject][] = [
  [
    'github',
    'a token of an OAuth app',
    { access_token: 'gho_16C7e42F292c6912E7710c838347Ae178B4a', scope: 'repo,gist', token_type: 'bearer' },
    { access_token: 'gho_16C7e42F292c6912E7710c838347Ae178B4a', scope: 'repo gist', token_type: 'bearer' },
  ],
  [
    'github',
    'a refreshed token of a GitHub App, which has no scopes',
    {
      access_token: 'ghu_16C7e42F292c6912E7710c838347Ae178B4a',
      expires_in: 28800,
      refresh_token: 'ghr_1B4a2e77838347a7E420ce178F2E7c6912E1692',
      refresh_token_expires_in: 15897600,
      scope: '',
      token_type: 'bearer',
    },
    {
      access_token: 'ghu_16C7e42F292c6912E7710c838347Ae178B4a',
      expires_in: 28800,
      refresh_token: 'ghr_1B4a2e77838347a7E420ce178F2E7c6912E1692',
      refresh_token_expires_in: 15897600,
      token_type: 'bearer',
    },
  ],
  [
    'github',
    'a bad code',
    { error: 'bad_verification_code', error_description: 'The code passed is incorrect or expired.', error_uri: '/x' },
    {
      error: 'invalid_grant',
      error_description: 'bad_verification_code: The code passed is incorrect or expired.',
      error_uri: '/x',
    },
  ],
  [
    'github',
    'a dead refresh token',
    { error: 'bad_refresh_token', error_description: 'The refresh token passed is incorrect or expired.' },
    {
      error: 'invalid_grant',
      error_description: 'bad_refresh_token: The refresh token passed is incorrect or expired.',
    },
  ],
  [
    'github',
    'a wrong secret',
    {
      error: 'incorrect_client_credentials',
      error_description: 'The client_id and/or client_secret passed are incorrect.',
    },
    {
      error: 'invalid_client',
      error_description: 'incorrect_client_credentials: The client_id and/or client_secret passed are incorrect.',
    },
  ],
  [
    'github',
    'an error with a meaning of its own',
    { error: 'unverified_user_email', error_description: 'The user must have a verified primary email.' },
    { error: 'unverified_user_email', error_description: 'The user must have a verified primary email.' },
  ],
  [
    'slack',
    'a token of the bot, beside one of the user',
    {
      ok: true,
      access_token: 'xoxb-17653672481-19874698323-pdFZKVeTuE8sk7oOcBrzbqgy',
      token_type: 'bot',
      scope: 'commands,incoming-webhook',
      bot_user_id: 'U0KRQLJ9H',
      app_id: 'A0KRD7HC3',
      team: { name: 'Slack Softball Team', id: 'T9TK3CUKW' },
      enterprise: { name: 'slack-sports', id: 'E12345678' },
      authed_user: { id: 'U1234', scope: 'chat:write', access_token: 'xoxp-1234', token_type: 'user' },
    },
    {
      ok: true,
      access_token: 'xoxb-17653672481-19874698323-pdFZKVeTuE8sk7oOcBrzbqgy',
      token_type: 'Bearer',
      scope: 'commands,incoming-webhook',
      bot_user_id: 'U0KRQLJ9H',
      app_id: 'A0KRD7HC3',
      team: { name: 'Slack Softball Team', id: 'T9TK3CUKW' },
      enterprise: { name: 'slack-sports', id: 'E12345678' },
      authed_user: { id: 'U1234', scope: 'chat:write', access_token: 'xoxp-1234', token_type: 'user' },
    },
  ],
  [
    'slack',
    'a token that rotates',
    {
      ok: true,
      access_token: 'xoxe.xoxb-1-...',
      expires_in: 43200,
      refresh_token: 'xoxe-1-...',
      token_type: 'bot',
      scope: 'commands',
    },
    {
      ok: true,
      access_token: 'xoxe.xoxb-1-...',
      expires_in: 43200,
      refresh_token: 'xoxe-1-...',
      token_type: 'Bearer',
      scope: 'commands',
    },
  ],
  [
    'slack',
    'a bad code',
    { ok: false, error: 'invalid_code' },
    { ok: false, error: 'invalid_grant', error_description: 'invalid_code' },
  ],
  [
    'slack',
    'a dead refresh token',
    { ok: false, error: 'invalid_refresh_token' },
    { ok: false, error: 'invalid_grant', error_description: 'invalid_refresh_token' },
  ],
  [
    'slack',
    'a wrong secret',
    { ok: false, error: 'bad_client_secret' },
    { ok: false, error: 'invalid_client', error_description: 'bad_client_secret' },
  ],
  ['slack', 'an error that passes', { ok: false, error: 'ratelimited' }, { ok: false, error: 'ratelimited' }],
  [
    'slack',
    'an error with the name of a method of every object',
    { ok: false, error: 'toString' },
    { ok: false, error: 'toString' },
  ],
  [
    'notion',
    'a token without its type',
    {
      access_token: 'e202e8c9-0990-40af-855f-ff8f872b1ec6c',
      bot_id: 'b3414d65-1224-4ae7-a6ff-cc9d8773d601',
      refresh_token: 'nrt_1',
    },
    {
      token_type: 'bearer',
      access_token: 'e202e8c9-0990-40af-855f-ff8f872b1ec6c',
      bot_id: 'b3414d65-1224-4ae7-a6ff-cc9d8773d601',
      refresh_token: 'nrt_1',
    },
  ],
  ['notion', 'an error', { error: 'invalid_grant' }, { error: 'invalid_grant' }],
  [
    'linear',
    'a token',
    {
      access_token: '00a21d8b',
      token_type: 'Bearer',
      expires_in: 86399,
      scope: 'read write',
      refresh_token: 'sz0c8ffy',
    },
    {
      access_token: '00a21d8b',
      token_type: 'Bearer',
      expires_in: 86399,
      scope: 'read,write',
      refresh_token: 'sz0c8ffy',
    },
  ],
  [
    'linear',
    'a token of an old app',
    { access_token: '00a21d8b', token_type: 'Bearer', expires_in: 315705599, scope: ['read', 'issues:create'] },
    { access_token: '00a21d8b', token_type: 'Bearer', expires_in: 315705599, scope: 'read,issues:create' },
  ],
  [
    'linear',
    'an error',
    { error: 'invalid_grant', error_description: 'Invalid refresh token' },
    { error: 'invalid_grant', error_description: 'Invalid refresh token' },
  ],
  [
    'microsoft',
    'a token with scopes of Microsoft Graph',
    {
      access_token: 'eyJ0',
      token_type: 'Bearer',
      expires_in: 3599,
      scope: 'https://graph.microsoft.com/User.Read https://graph.microsoft.com/Mail.Read',
      refresh_token: 'AwAB',
    },
    {
      access_token: 'eyJ0',
      token_type: 'Bearer',
      expires_in: 3599,
      scope: 'User.Read Mail.Read',
      refresh_token: 'AwAB',
    },
  ],
  [
    'microsoft',
    'an error',
    { error: 'invalid_scope', error_description: 'AADSTS70011: …', error_codes: [70011] },
    { error: 'invalid_scope', error_description: 'AADSTS70011: …', error_codes: [70011] },
  ],
  [
    'hubspot',
    'a token',
    {
      token_type: 'bearer',
      refresh_token: 'na1-ab12-cd34-ef56-gh78-abcdef123456',
      hub_id: 62515,
      scopes: ['oauth', 'crm.objects.contacts.write', 'crm.objects.contacts.read'],
      access_token: 'AAA1234-TOKEN',
      expires_in: 1800,
    },
    {
      token_type: 'bearer',
      refresh_token: 'na1-ab12-cd34-ef56-gh78-abcdef123456',
      hub_id: 62515,
      scopes: ['oauth', 'crm.objects.contacts.write', 'crm.objects.contacts.read'],
      scope: 'oauth crm.objects.contacts.write crm.objects.contacts.read',
      access_token: 'AAA1234-TOKEN',
      expires_in: 1800,
    },
  ],
  [
    'hubspot',
    'a dead refresh token',
    { status: 'BAD_REFRESH_TOKEN', message: 'missing or invalid refresh token', correlationId: 'c1' },
    {
      status: 'BAD_REFRESH_TOKEN',
      message: 'missing or invalid refresh token',
      correlationId: 'c1',
      error: 'invalid_grant',
      error_description: 'BAD_REFRESH_TOKEN: missing or invalid refresh token',
    },
  ],
  [
    'hubspot',
    'an error that passes',
    { status: 'error', message: 'internal error', correlationId: 'c2' },
    { status: 'error', message: 'internal error', correlationId: 'c2' },
  ],
  [
    'atlassian',
    'a dead refresh token, as reported',
    { error: 'unauthorized_client', error_description: 'refresh_token is invalid' },
    { error: 'invalid_grant', error_description: 'unauthorized_client: refresh_token is invalid' },
  ],
  [
    'atlassian',
    'a dead refresh token, as documented',
    { error: 'invalid_grant', error_description: 'Unknown or invalid refresh token.' },
    { error: 'invalid_grant', error_description: 'Unknown or invalid refresh token.' },
  ],
  [
    'atlassian',
    'an app that may not do this',
    { error: 'unauthorized_client', error_description: "Grant type 'x' not allowed for the client." },
    { error: 'unauthorized_client', error_description: "Grant type 'x' not allowed for the client." },
  ],
  [
    'zoom',
    'a dead refresh token',
    { reason: 'Invalid Token!', error: 'invalid_grant' },
    { reason: 'Invalid Token!', error: 'invalid_grant', error_description: 'Invalid Token!' },
  ],
  [
    'zoom',
    'a token',
    {
      access_token: 'eyJ0',
      token_type: 'bearer',
      refresh_token: 'eyJ1',
      expires_in: 3599,
      scope: 'user:read:user meeting:read:meeting',
    },
    {
      access_token: 'eyJ0',
      token_type: 'bearer',
      refresh_token: 'eyJ1',
      expires_in: 3599,
      scope: 'user:read:user meeting:read:meeting',
    },
  ],
];

describe('the answer of a token endpoint', () => {
  it.each(tokenAnswers)('of %s is read: %s', (key, _what, said, read) => {
    expect(provider(key).tokenAnswer?.(said)).toEqual(read);
  });

  it('is tested for every provider whose answers are not standard', () => {
    const own = providers.filter(({ tokenAnswer }) => tokenAnswer !== undefined).map(({ key }) => key);
    expect([...new Set(tokenAnswers.map(([key]) => key))].sort()).toEqual(own.sort());
  });
});

interface Account {
  readonly key: string;
  readonly what: string;
  /** What the token endpoint said. */
  readonly answer?: JsonObject;
  /** The one request that the provider's documentation answers. */
  readonly request?: string;
  readonly body?: JsonObject;
  readonly said?: JsonObject;
  readonly id: string;
  readonly label: string;
}

const accounts: Account[] = [
  {
    key: 'google',
    what: 'a user',
    request: 'GET https://openidconnect.googleapis.com/v1/userinfo',
    said: { sub: '10769150350006150715113082367', email: 'jsmith@gmail.test', email_verified: true },
    id: '10769150350006150715113082367',
    label: 'jsmith@gmail.test',
  },
  {
    key: 'github',
    what: 'a user',
    request: 'GET https://api.github.com/user',
    said: { login: 'octocat', id: 1, node_id: 'MDQ6VXNlcjE=', email: null },
    id: '1',
    label: 'octocat',
  },
  {
    key: 'slack',
    what: 'a workspace of an organization',
    answer: {
      ok: true,
      team: { name: 'Slack Softball Team', id: 'T9TK3CUKW' },
      enterprise: { name: 'slack-sports', id: 'E12345678' },
      is_enterprise_install: false,
    },
    id: 'T9TK3CUKW',
    label: 'Slack Softball Team',
  },
  {
    key: 'slack',
    what: 'a whole organization',
    answer: { ok: true, team: null, enterprise: { id: 'E1XXX', name: 'Starship' }, is_enterprise_install: true },
    id: 'E1XXX',
    label: 'Starship',
  },
  {
    key: 'notion',
    what: 'a user in a workspace',
    answer: {
      bot_id: 'b3414d65-1224-4ae7-a6ff-cc9d8773d601',
      workspace_id: 'j565',
      workspace_name: "Ada's Notion Workspace",
      owner: { type: 'user', user: { object: 'user', id: '5389a034', person: { email: 'ada@notion.test' } } },
    },
    id: 'b3414d65-1224-4ae7-a6ff-cc9d8773d601',
    label: "Ada's Notion Workspace (ada@notion.test)",
  },
  {
    key: 'notion',
    what: 'a workspace without a name',
    answer: {
      bot_id: 'b3414d65-1224-4ae7-a6ff-cc9d8773d601',
      workspace_id: 'j565',
      workspace_name: null,
      owner: { workspace: true },
    },
    id: 'b3414d65-1224-4ae7-a6ff-cc9d8773d601',
    label: 'b3414d65-1224-4ae7-a6ff-cc9d8773d601',
  },
  {
    key: 'linear',
    what: 'a user in a workspace',
    request: 'POST https://api.linear.app/graphql',
    body: { query: '{ viewer { id email organization { name } } }' },
    said: { data: { viewer: { id: 'a1b2', email: 'ada@acme.test', organization: { name: 'Acme' } } } },
    id: 'a1b2',
    label: 'Acme (ada@acme.test)',
  },
  {
    key: 'microsoft',
    what: 'an account of an organization',
    request: 'GET https://graph.microsoft.com/v1.0/me',
    said: {
      displayName: 'Adele Vance',
      mail: 'AdeleV@contoso.test',
      userPrincipalName: 'adelev@contoso.onmicrosoft.test',
      id: '87d349ed-44d7-43e1-9a83-5f2406dee5bd',
    },
    id: '87d349ed-44d7-43e1-9a83-5f2406dee5bd',
    label: 'AdeleV@contoso.test',
  },
  {
    key: 'microsoft',
    what: 'an account without a mailbox',
    request: 'GET https://graph.microsoft.com/v1.0/me',
    said: { mail: null, userPrincipalName: 'adele@outlook.test', id: '48d318875fad73f4' },
    id: '48d318875fad73f4',
    label: 'adele@outlook.test',
  },
  {
    key: 'gitlab',
    what: 'a user',
    request: 'GET https://gitlab.com/api/v4/user',
    said: { id: 1, username: 'john_smith', email: 'john@gitlab.test', name: 'John Smith' },
    id: '1',
    label: 'john_smith',
  },
  {
    key: 'hubspot',
    what: 'an account',
    request: 'GET https://api.hubapi.com/account-info/2026-03/details',
    said: { portalId: 123456, accountType: 'STANDARD', timeZone: 'US/Eastern', uiDomain: 'app.hubspot.com' },
    id: '123456',
    label: 'HubSpot account 123456',
  },
  {
    key: 'airtable',
    what: 'a user',
    request: 'GET https://api.airtable.com/v0/meta/whoami',
    said: { id: 'usrL2PNC5o3H4lBEi', email: 'foo@bar.test', scopes: ['user.email:read'] },
    id: 'usrL2PNC5o3H4lBEi',
    label: 'foo@bar.test',
  },
  {
    key: 'discord',
    what: 'a user',
    request: 'GET https://discord.com/api/v10/users/@me',
    said: { id: '80351110224678912', username: 'Nelly', discriminator: '1337' },
    id: '80351110224678912',
    label: 'Nelly',
  },
  {
    key: 'dropbox',
    what: 'a user',
    request: 'POST https://api.dropboxapi.com/2/users/get_current_account',
    said: { account_id: 'dbid:AAH4f99T0taONIb-OurWxbNQ6ywGRopQngc', email: 'franz@dropbox.test', disabled: false },
    id: 'dbid:AAH4f99T0taONIb-OurWxbNQ6ywGRopQngc',
    label: 'franz@dropbox.test',
  },
  {
    key: 'salesforce',
    what: 'a user of an org',
    answer: {
      access_token: '00Dx0000000BV7z!AR8',
      id: 'https://login.salesforce.com/id/00Dx0000000BV7z/005x00000012Q9P',
      instance_url: 'https://mydomain.my.salesforce.com',
      issued_at: '1278448384422',
      token_type: 'Bearer',
    },
    request: 'GET https://login.salesforce.com/id/00Dx0000000BV7z/005x00000012Q9P',
    said: { user_id: '005x00000012Q9P', organization_id: '00Dx0000000BV7z', username: 'admin@mycompany.test' },
    id: '00Dx0000000BV7z/005x00000012Q9P',
    label: 'admin@mycompany.test',
  },
  {
    key: 'atlassian',
    what: 'a user',
    request: 'GET https://api.atlassian.com/me',
    said: { account_type: 'atlassian', account_id: '112233aa-bb11', email: 'mia@krystof.test', name: 'Mia Krystof' },
    id: '112233aa-bb11',
    label: 'mia@krystof.test',
  },
  {
    key: 'zoom',
    what: 'a user',
    request: 'GET https://api.zoom.us/v2/users/me',
    said: { id: 'KDcuGIm1QgePTO8WbOqwIQ', email: 'jchill@zoom.test', account_id: 'EHc3aLKHR-2wR' },
    id: 'KDcuGIm1QgePTO8WbOqwIQ',
    label: 'jchill@zoom.test',
  },
  {
    key: 'asana',
    what: 'a user',
    answer: {
      access_token: 'f6ds7fdsa69ags7ag9sd5a',
      expires_in: 3600,
      token_type: 'bearer',
      data: { id: 4673218951, gid: '4673218951', name: 'Greg Sanchez', email: 'gsanchez@asana.test' },
      refresh_token: 'hjkl325hjkl4325hj4kl32fjds',
    },
    id: '4673218951',
    label: 'gsanchez@asana.test',
  },
];

/** A provider that answers one request, and only as its documentation says that it is to be sent. */
function contextOf({ answer = {}, request, body, said }: Omit<Account, 'id' | 'label'>): AccountContext {
  return {
    accessToken: 'token',
    answer,
    call: (url, options = {}) => {
      const sent = `${options.method ?? 'GET'} ${url}`;
      if (said === undefined || sent !== request || JSON.stringify(options.body) !== JSON.stringify(body)) {
        throw new Error(`Unexpected request: ${sent}.`);
      }
      return Promise.resolve(said);
    },
  };
}

describe('the account of a token', () => {
  it.each(accounts)('of $key is told: $what', async (account) => {
    const { id, label } = account;
    await expect(provider(account.key).account(contextOf(account))).resolves.toEqual({ id, label });
  });

  it('is tested for every provider', () => {
    expect([...new Set(accounts.map(({ key }) => key))].sort()).toEqual([...keys].sort());
  });

  it.each(accounts)('of $key is refused without an id: $what', async (account) => {
    const nothing = contextOf({
      ...account,
      ...(account.request === undefined ? { answer: {} } : { said: {} }),
    });
    await expect(provider(account.key).account(nothing)).rejects.toThrow(ProviderAnswerError);
  });
});
