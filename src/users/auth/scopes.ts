import { type UserRole } from '../user.entity.js';

/**
 * What a credential may do. One scope guards each operation; an API key holds some of them, a signed-in person all of
 * their role. `admin` opens the admin API and needs the role admin as well.
 */
export const scopes = {
  'workflows:read': 'Read workflows, drafts, versions and the catalogues.',
  'workflows:propose': 'Propose changes of drafts, for somebody else to accept: what a model may be trusted with.',
  'workflows:write': 'Create, change, publish and delete workflows.',
  'runs:read': 'Read runs, their steps and outputs.',
  'runs:write': 'Start, cancel, resume and fork runs.',
  'connections:read': 'Read connected accounts, never their tokens.',
  'connections:write': 'Connect accounts, refresh and delete connections.',
  'resources:read': 'Read saved resources and the keys of their secrets, never their values.',
  'resources:write': 'Save, change, test and delete resources and their secrets.',
  'triggers:read': 'Read subscriptions to triggers, their events and the catalogue of triggers.',
  'triggers:write': 'Subscribe workflows to triggers, change, fire and delete subscriptions, replay events.',
  'keys:read': 'List API keys.',
  'keys:write': 'Create and revoke API keys, with at most the scopes one has.',
  admin: 'Use the admin API (role admin only).',
} as const;

export type ScopeName = keyof typeof scopes;
export const scopeNames = Object.keys(scopes) as ScopeName[];

/** Those of the granted scopes that count: a user who is no admin any more can't use `admin` of an older key. */
export function usableScopes(granted: readonly ScopeName[], role: UserRole): ReadonlySet<ScopeName> {
  return new Set(granted.filter((scope) => scope !== 'admin' || role === 'admin'));
}
