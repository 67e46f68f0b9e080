import { type EgressService } from '../../common/egress/egress.service.js';
import { ToolError } from '../tools/tool-error.js';

/** What may be done with the egress client. */
export type Egress = Pick<EgressService, 'request' | 'open' | 'connect'>;

/**
 * Egress for something that holds secrets: it reaches only where these may be sent, and nothing that the caller gave
 * crosses a redirect to another origin.
 * @param holder whose secrets they are, for people
 * @param targets origins (`https://api.example.com`), or `host:port` for other protocols
 */
export function boundEgress(egress: EgressService, holder: string, targets: readonly string[]): Egress {
  const check = (target: string): void => {
    if (targets.includes(target)) return;
    const message = `${holder} may be used with ${targets.join(', ')} only, not with ${target}.`;
    throw new ToolError('secret-bound', message, false);
  };
  return {
    request: async (request) => {
      check(originOf(request.url));
      return egress.request({ ...request, confidential: true });
    },
    open: async (request) => {
      check(originOf(request.url));
      return egress.open({ ...request, confidential: true });
    },
    connect: async (target) => {
      check(`${target.host}:${target.port}`);
      return egress.connect(target);
    },
  };
}

/** A text that is no URL is for egress to refuse, with its reasons. */
function originOf(url: string): string {
  return URL.parse(url)?.origin ?? url;
}
