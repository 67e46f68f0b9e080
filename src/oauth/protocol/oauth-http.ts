import { Injectable } from '@nestjs/common';
import { allowInsecureRequests, customFetch } from 'oauth4webapi';
import { egressFetch } from '../../common/egress/egress-fetch.js';
import { EgressService } from '../../common/egress/egress.service.js';

const limits = { timeoutMs: 15_000, maxBytes: 1_048_576 };

/** How this module talks to providers: through the one way out, with answers that fit on a page. */
@Injectable()
export class OAuthHttp {
  readonly fetch: ReturnType<typeof egressFetch>;

  constructor(egress: EgressService) {
    this.fetch = egressFetch(egress, limits);
  }

  /** What oauth4webapi is given for a request to this address. Plain http is for issuers that an operator named so. */
  options(url: URL | string) {
    return {
      [customFetch]: this.fetch,
      ...(new URL(url).protocol === 'http:' && { [allowInsecureRequests]: true }),
    };
  }
}
