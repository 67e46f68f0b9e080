import {
  type Client,
  type JsonSchemaValidator,
  type StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client';
import { egressFetch } from '../../../common/egress/egress-fetch.js';
import { type Access, resourceOf } from '../../credentials/access.js';
import { type Egress } from '../../credentials/bound-egress.js';
import { credentialsOf } from '../http/http-api.js';
import { ToolError } from '../tool-error.js';
import { mcpError, SessionLostError, Transmission } from './mcp-errors.js';

/** Metadata of a resource of type `mcp_server`. */
export type McpMetadata = {
  url: string;
  username?: string;
  /** Keys of secrets by the header that is sent with them. */
  headers?: { [header: string]: string };
};

/** A server whose tools can be called. */
export interface McpSession {
  readonly client: Client;
  /** For each request: ends it with the work. */
  readonly options: { readonly signal: AbortSignal; readonly timeout: number };
}

/** Time that everything may take, and that the server has to say goodbye. */
const WHOLE_MS = 300_000;
const GOODBYE_MS = 2_000;
/** Bytes of one answer. */
const MAX_BYTES = 5 * 1024 * 1024;
/** A server can ask for its stream to be opened again, at once and for ever. */
const MOST_REQUESTS = 100;
/** Of JSON-RPC. */
const INTERNAL_ERROR = -32_603;

/**
 * Does something with the MCP server of a resource, in a session of its own. A session that the server has forgotten is
 * begun anew, once: it has done nothing then.
 * @throws ToolError, EgressError, or the signal's reason
 */
export async function withMcp<Result>(access: Access, work: (session: McpSession) => Promise<Result>): Promise<Result> {
  try {
    return await inSession(access, work);
  } catch (error) {
    if (!(error instanceof SessionLostError)) throw error;
    return inSession(access, work);
  }
}

async function inSession<Result>(access: Access, work: (session: McpSession) => Promise<Result>): Promise<Result> {
  const late = AbortSignal.timeout(WHOLE_MS);
  const options = { signal: AbortSignal.any([access.signal, late]), timeout: WHOLE_MS };
  const transmission = new Transmission();
  const { client, transport } = await prepare(access, transmission, options.signal);
  const { host } = new URL((resourceOf(access).metadata as McpMetadata).url);
  try {
    await client.connect(transport, options);
    return await work({ client, options });
  } catch (error) {
    access.signal.throwIfAborted();
    if (late.aborted) throw new ToolError('egress-timeout', `${host} took longer than ${WHOLE_MS} ms.`, true);
    const isLost = transport.sessionId !== undefined && (error as { status?: number }).status === 404;
    throw isLost ? new SessionLostError(host) : mcpError(error, host, transmission);
  } finally {
    await sayGoodbye(client, transport);
  }
}

async function prepare(access: Access, transmission: Transmission, signal: AbortSignal) {
  const { Client, StreamableHTTPClientTransport } = await import('@modelcontextprotocol/client');
  const resource = resourceOf(access);
  const transport = new StreamableHTTPClientTransport(new URL((resource.metadata as McpMetadata).url), {
    fetch: fetchOf(access.egress, transmission, signal),
    requestInit: { headers: credentialsOf(resource, access) },
  });
  answerLostRequests(transport);
  const client = new Client(
    { name: 'seer', version: '1' },
    {
      // Nobody is there who could be asked: no sampling, no elicitation, no roots.
      capabilities: {},
      inputRequired: { autoFulfill: false },
      // Servers of before and after revision 2026-07-28.
      versionNegotiation: { mode: 'auto' },
      // Patterns in schemas of the server's would run here, for as long as they like.
      jsonSchemaValidator: { getValidator: acceptAll },
    },
  );
  return { client, transport };
}

/** Every request of the SDK, under the limits of egress. */
function fetchOf(egress: Egress, transmission: Transmission, signal: AbortSignal) {
  let requests = 0;
  const noting: Pick<Egress, 'open'> = {
    async open(request) {
      const answer = await egress.open(request);
      answer.body.once('error', (error) => transmission.note(error));
      return answer;
    },
  };
  return async (url: string | URL, init: RequestInit = {}): Promise<Response> => {
    // A stream for what nobody asked for is not opened; one that goes on after a break was asked for.
    const isUnasked = init.method === 'GET' && !new Headers(init.headers).has('last-event-id');
    if (isUnasked) return new Response(null, { status: 405 });
    try {
      if (++requests > MOST_REQUESTS) {
        throw new ToolError('upstream-error', `The server wants more than ${MOST_REQUESTS} requests.`, false);
      }
      // A goodbye is said also when the work was ended.
      const isGoodbye = init.method === 'DELETE';
      const timeoutMs = isGoodbye ? GOODBYE_MS : WHOLE_MS;
      const send = egressFetch(noting, { timeoutMs, maxBytes: MAX_BYTES, confidential: true });
      const stop = isGoodbye ? init.signal : AbortSignal.any([signal, init.signal ?? signal]);
      return transmission.heard(await send(url, { ...init, ...(stop && { signal: stop }) }));
    } catch (error) {
      throw transmission.note(error);
    }
  };
}

/** The SDK waits for an answer whose stream has ended without it; one that it has already, it ignores. */
function answerLostRequests(transport: StreamableHTTPClientTransport): void {
  const send = transport.send.bind(transport);
  transport.send = (message, options) => {
    const id = 'id' in message && 'method' in message ? message.id : undefined;
    const error = { code: INTERNAL_ERROR, message: 'the answer did not come' };
    const end = () => id !== undefined && transport.onmessage?.({ jsonrpc: '2.0', id, error });
    return send(message, { ...options, onRequestStreamEnd: () => setImmediate(end) });
  };
}

function acceptAll<Value>(): JsonSchemaValidator<Value> {
  return (data) => ({ valid: true, data: data as Value, errorMessage: undefined });
}

/** A server should not have to wait for sessions to grow old; that it can't be told is no failure. */
async function sayGoodbye(client: Client, transport: StreamableHTTPClientTransport): Promise<void> {
  await transport.terminateSession().catch(() => {});
  await client.close().catch(() => {});
  // Also where it never came to a connection.
  await transport.close().catch(() => {});
}
