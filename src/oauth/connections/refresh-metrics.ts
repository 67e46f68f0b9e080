import { defineCounter } from '../../common/metrics/define-metric.js';

/** How many providers are asked, not how many callers want a token. */
export const tokenRefreshes = defineCounter({
  name: 'seer_token_refreshes_total',
  help:
    'Requests to providers for new access tokens: `refreshed`; `ended`: only the owner can help, by connecting the account ' +
    'again; `put_off`: it is tried again later.',
  labels: { provider: 'the providers of this installation', outcome: ['refreshed', 'ended', 'put_off'] },
});
