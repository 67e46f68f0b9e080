/** How commands name a user. */
export const userOptions = { issuer: { type: 'string' } } as const;

export const userHelp =
  'The user is named by id (as in GET /v1/me) or e-mail; --issuer tells apart those of several identity providers.';
