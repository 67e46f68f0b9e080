import { scopeNames, usableScopes } from './scopes.js';

describe('usableScopes', () => {
  it('leaves an admin all that was granted', () => {
    expect([...usableScopes(['admin', 'runs:read'], 'admin')]).toEqual(['admin', 'runs:read']);
  });

  it('takes "admin" from everybody else', () => {
    expect([...usableScopes(scopeNames, 'member')]).toEqual(scopeNames.filter((scope) => scope !== 'admin'));
  });
});
