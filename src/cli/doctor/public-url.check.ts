import { defineCheck, fail, ok, type Verdict, warn } from './define-check.js';

const PATIENCE_MS = 5_000;
/** Any provider does: without a state, all answer 400. */
const CALLBACK = '/v1/integrations/google/callback';

/** Requests go to the operator's own address, as those of a browser would, and not through the client of workflows. */
export const publicUrl = defineCheck({
  name: 'public URL',
  needsDatabase: false,
  async look({ environment: { publicUrl } }) {
    if (!publicUrl) {
      return warn(
        'SEER_PUBLIC_URL is not set: links for approvals, forms, webhooks and OAuth lead to this machine.',
        'Set it to the address at which browsers reach Seer.',
      );
    }
    const unreachable =
      (await refusalOf(publicUrl, '/health/live', 200)) ?? (await refusalOf(publicUrl, CALLBACK, 400));
    if (unreachable) return unreachable;
    const { protocol, hostname } = new URL(publicUrl);
    if (protocol === 'https:' || hostname === 'localhost' || hostname === '127.0.0.1') {
      return ok(`${publicUrl} leads to Seer, and so do the callbacks of OAuth.`);
    }
    return warn(
      `${publicUrl} is not https.`,
      'Put a proxy with TLS before Seer: keys and sessions are sent in the clear.',
    );
  },
});

async function refusalOf(publicUrl: string, path: string, expected: number): Promise<Verdict | undefined> {
  const url = publicUrl + path;
  try {
    const { status } = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(PATIENCE_MS) });
    if (status === expected) return undefined;
    return fail(
      `${url} answers ${status} in place of ${expected}.`,
      'Let the proxy pass all paths on to a process with SEER_ROLE api or all.',
    );
  } catch (error) {
    const { cause, message } = error as Error;
    const why = (cause as Error | undefined)?.message || message;
    return fail(`${url} cannot be reached: ${why}.`, 'Start Seer, and look at the name, the proxy and the firewall.');
  }
}
