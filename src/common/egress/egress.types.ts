import type { LookupAddress } from 'node:dns';
import type { Readable } from 'node:stream';
import type { EgressPolicy } from './address-policy.js';

/** Resolves a host name to all of its addresses, the best first. */
export type Lookup = (host: string) => Promise<LookupAddress[]>;

/** Configuration of the egress client. */
export interface EgressOptions extends EgressPolicy {
  /** Replaces the system's resolver. */
  readonly lookup?: Lookup;
}

/** One outbound HTTP request. */
export interface EgressRequest {
  readonly method: string;
  /** An absolute http: or https: URL without user name and password. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as it is. A 307 or 308 redirect repeats it, on another host too unless the request is confidential. */
  readonly body?: string | Buffer;
  /** Aborts the request; its reason is thrown. */
  readonly signal?: AbortSignal;
  /** Limit of the whole request, from name resolution to the last byte after all redirects. Default 30,000 ms. */
  readonly timeoutMs?: number;
  /** Limit of the other side's silence in milliseconds: until its first byte, and from each to the next. Default none. */
  readonly idleTimeoutMs?: number;
  /** Limit of the response body in bytes, decompressed. Default 5 MiB. */
  readonly maxBytes?: number;
  /** Redirects to follow before giving up. Default 5. */
  readonly maxRedirects?: number;
  /** When false, a redirect is returned like any other response; `same-origin`: one to another origin is. Default true. */
  readonly followRedirects?: boolean | 'same-origin';
  /** Names of headers that, like Authorization and Cookie, must not follow a redirect to another origin. */
  readonly secretHeaders?: readonly string[];
  /**
   * Headers or body hold secrets. A redirect to another origin then takes none of the caller's headers along but those
   * that say what answers are wanted, and one that would repeat the body there is refused.
   */
  readonly confidential?: boolean;
}

/** A connection for another protocol than HTTP. */
export interface EgressConnection {
  /** A host name or an address. */
  readonly host: string;
  readonly port: number;
  /** Limit of all bytes that it receives, below TLS. */
  readonly maxBytes: number;
  /** Limit of connecting, name resolution included. Default 10,000 ms. */
  readonly timeoutMs?: number;
  /** Ends the connection at any time, with its reason. */
  readonly signal?: AbortSignal;
}

/** What every response has, of any status. */
interface EgressResponseHead {
  readonly status: number;
  /** Names in lower case. Repeated headers are joined by ", ", cookies of Set-Cookie by a line break. */
  readonly headers: Readonly<Record<string, string>>;
  /** The URL that answered, after redirects. */
  readonly url: string;
}

/** A complete response. */
export interface EgressResponse extends EgressResponseHead {
  /** The body after undoing its content codings. */
  readonly body: Buffer;
}

/** A response whose body is still to come. */
export interface EgressStream extends EgressResponseHead {
  /**
   * The body after undoing its content codings. It fails with an EgressError, or with the reason of the caller's signal.
   * Destroying it before its end closes the connection.
   */
  readonly body: Readable;
}
