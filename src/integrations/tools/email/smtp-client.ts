import { type Transporter } from 'nodemailer';
import { type Access, type ResourceAccess, resourceOf } from '../../credentials/access.js';
import { containFaults } from '../contain-faults.js';
import { ToolError } from '../tool-error.js';
import { smtpError } from './smtp-errors.js';

/** Metadata of a resource of type `smtp_server`. */
export type SmtpMetadata = {
  host: string;
  port: number;
  /** `starttls` is required, never merely tried. */
  tls: 'starttls' | 'implicit' | 'disable';
  username?: string;
  /** Sender where a node names none. */
  from?: string;
  /** Certificates, PEM, that are trusted in place of the usual ones. */
  ca?: string;
};

/** Time until the server has greeted us, encryption included. */
const CONNECT_MS = 10_000;
/** Time that the server may say nothing, and that everything may take. */
const SILENCE_MS = 30_000;
const WHOLE_MS = 120_000;
/** Bytes of one answer of the server, and of all. */
const ANSWER_BYTES = 64 * 1024;
const MAX_BYTES = 1024 * 1024;

/**
 * Does something with the mail server of a resource, through a connection of its own.
 * @throws ToolError, EgressError, or the signal's reason
 */
export async function withSmtp<Result>(
  access: Access,
  work: (transport: Transporter, signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const resource = resourceOf(access);
  const { host, port } = resource.metadata as SmtpMetadata;
  const auth = authOf(resource);
  const late = AbortSignal.timeout(WHOLE_MS);
  const signal = AbortSignal.any([access.signal, late]);
  const { createTransport } = await import('nodemailer');
  const limits = { timeoutMs: CONNECT_MS, maxBytes: MAX_BYTES, signal };
  const connection = containFaults(await access.egress.connect({ host, port, ...limits }));
  try {
    return await work(createTransport({ ...optionsOf(resource), ...auth, connection }), signal);
  } catch (error) {
    access.signal.throwIfAborted();
    if (late.aborted) throw new ToolError('egress-timeout', `${host} took longer than ${WHOLE_MS} ms.`, true);
    throw smtpError(error, host);
  } finally {
    connection.destroy();
  }
}

function optionsOf({ metadata }: ResourceAccess) {
  const { host, port, tls, ca } = metadata as SmtpMetadata;
  return {
    host,
    port,
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'disable',
    tls: { rejectUnauthorized: true, ...(ca !== undefined && { ca }) },
    connectionTimeout: CONNECT_MS,
    greetingTimeout: CONNECT_MS,
    socketTimeout: SILENCE_MS,
    socketCloseTimeout: 0,
    maxResponseSize: ANSWER_BYTES,
    // What this machine is called is nobody's business.
    name: '[127.0.0.1]',
    // A message is made of what it is given, never of what that could refer to.
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

/** @throws ToolError for half of what it takes to sign in: the other half would not be missed before a server says so */
function authOf({ resourceId, metadata, secrets }: ResourceAccess) {
  const { username } = metadata as SmtpMetadata;
  const { password } = secrets;
  if (username === undefined && password === undefined) return {};
  if (username !== undefined && password !== undefined) {
    // Also where the server does not say that it can: else a message would leave unsigned.
    return { auth: { user: username, pass: password }, forceAuth: true };
  }
  const missing = username === undefined ? 'a password but no "username"' : 'a "username" but no secret "password"';
  throw new ToolError('input-invalid', `${resourceId} has ${missing}.`, false);
}
