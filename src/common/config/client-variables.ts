/** How this installation is registered with a provider. */
export interface ClientOfProvider {
  readonly clientId: string;
  readonly clientSecret: string;
}

const pattern = /^SEER_OAUTH_([A-Z][A-Z0-9_]*)_CLIENT_(ID|SECRET)$/;

/** Rows of docs/configuration.md: these have a part that differs from provider to provider. */
export const clientVariables = [
  {
    name: 'SEER_OAUTH_<PROVIDER>_CLIENT_ID',
    default: '',
    about: 'Client id of this installation at a provider, e.g. SEER_OAUTH_GOOGLE_CLIENT_ID.',
  },
  {
    name: 'SEER_OAUTH_<PROVIDER>_CLIENT_SECRET',
    default: '',
    about: 'Its client secret. Administrators can also store both with PUT /v1/admin/oauth-clients/{provider}.',
  },
];

/** Client credentials by key of the provider. @param report is told of one half without the other */
export function clientsOf(
  source: Readonly<Record<string, string | undefined>>,
  report: (problem: string) => void,
): Map<string, ClientOfProvider> {
  const halves = new Map<string, { ID?: string; SECRET?: string }>();
  for (const [name, value] of Object.entries(source)) {
    const [, provider, half] = pattern.exec(name) ?? [];
    if (!provider || !value) continue;
    const key = provider.toLowerCase();
    halves.set(key, { ...halves.get(key), [half as 'ID' | 'SECRET']: value });
  }
  const clients = new Map<string, ClientOfProvider>();
  for (const [key, { ID: clientId, SECRET: clientSecret }] of halves) {
    const name = `SEER_OAUTH_${key.toUpperCase()}_CLIENT_`;
    if (clientId && clientSecret) clients.set(key, { clientId, clientSecret });
    else report(`${name}${clientId ? 'SECRET' : 'ID'} must be set together with ${name}${clientId ? 'ID' : 'SECRET'}`);
  }
  return clients;
}
