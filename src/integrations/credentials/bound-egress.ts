import { type EgressRequest } from '../../common/egress/egress.types.js';
import { type EgressService } from '../../common/egress/egress.service.js';
import { ToolError } from '../tools/tool-error.js';

/** What may be done with the egress client. */
export type Egress = Pick<EgressService, 'request' | 'open'>;

/**
 * Egress for something that holds secrets: it reaches only where these may be sent, and nothing that the caller gave
 * crosses a redirect to another origin.
 * @param holder whose secrets they are, for people
 * @param targets origins (`https://api.example.com`), or `host:port` for other protocols
 */
export function boundEgress(egress: EgressService, holder: string, targets: readonly string[]): Egress {
  const bound = (request: EgressRequest): EgressRequest => {
    const target = originOf(request.url);
    if (!targets.includes(target)) {
      const message = `${holder} may be used with ${targets.join(', ')} only, not with ${target}.`;
      throw new ToolError('secret-bound', message, false);
    }
    // Headers and bodies may hold secrets, and an answer from elsewhere is no answer of the one that was asked.
    return { ...request, followRedirects: request.followRedirects === false ? false : 'same-origin' };
  };
  return {
    request: async (request) => egress.request(bound(request)),
    open: async (request) => egress.open(bound(request)),
  };
}

/** A text that is no URL is for egress to refuse, with its reasons. */
function originOf(url: string): string {
  return URL.parse(url)?.origin ?? url;
}
