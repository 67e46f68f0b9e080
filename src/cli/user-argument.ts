/** How commands name a user. */
export const userOptions = { issuer: { type: 'string' } } as const;

export const userHelp = [
  'The user is named by id (usr_…, of "seer users list" or GET /v1/me), by subject at the identity provider, or by e-mail;',
  '--issuer tells apart those of several identity providers. The e-mail is what the provider vouches for: where it lets',
  'people choose one without asking them to prove that it is theirs, name them by id.',
].join('\n');
