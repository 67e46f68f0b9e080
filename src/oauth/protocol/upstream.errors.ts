/**
 * What asking a provider can come to. These stay inside of the module: callers get errors that speak of their connection.
 */
export abstract class OAuthUpstreamError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The provider understood and says no, with an error of RFC 6749, 5.2, such as `invalid_grant`. */
export class OAuthRefusedError extends OAuthUpstreamError {
  constructor(
    readonly error: string,
    readonly status: number,
  ) {
    super(`the provider answered ${error}.`);
  }
}

/** It could not be reached, is overloaded, or says something that is no answer: another time may be better. */
export class OAuthTroubleError extends OAuthUpstreamError {
  constructor(
    why: string,
    /** Seconds that the provider wants to be left alone. */
    readonly retryAfter?: number,
    options?: ErrorOptions,
  ) {
    super(why, options);
  }
}
