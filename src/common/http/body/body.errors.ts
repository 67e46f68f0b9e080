import { DomainError, type Fault } from '../../errors.js';
import { limits } from '../limits.js';
import { type TextPosition } from './json-position.js';

/** The body is not JSON; the message says where it stops to be. */
export class JsonMalformedError extends DomainError {
  readonly code = 'json-malformed';
  readonly kind = 'malformed';

  constructor({ line, column }: TextPosition) {
    super(`The body is not valid JSON: the mistake is at line ${line}, column ${column}.`);
  }
}

/** The body is JSON, but holds something that Seer does not take; the code is that of the fault. */
export class JsonRefusedError extends DomainError {
  readonly code: string;
  readonly kind = 'malformed';
  override readonly faults: readonly Fault[];

  constructor(fault: Fault) {
    super(fault.pointer === '' ? fault.message : `At ${shortened(fault.pointer)}: ${fault.message}`);
    this.code = fault.code;
    this.faults = [fault];
  }
}

/** The bytes of the body are not UTF-8. */
export class BodyNotUtf8Error extends DomainError {
  readonly code = 'body-not-utf8';
  readonly kind = 'malformed';

  constructor() {
    super('The body is not valid UTF-8, the only encoding of JSON (RFC 8259 section 8.1).');
  }
}

export class BodyTooLargeError extends DomainError {
  readonly code = 'body-too-large';
  readonly kind = 'too-large';

  constructor() {
    super(`The body is larger than ${limits.bodyBytes} bytes (1 MB).`);
  }
}

/** The body did not arrive as announced, or the caller went away. */
export class BodyIncompleteError extends DomainError {
  readonly code = 'body-incomplete';
  readonly kind = 'malformed';

  constructor() {
    super('The body ended before, or differs from, the length that its headers announced.');
  }
}

export class MediaTypeUnsupportedError extends DomainError {
  readonly code = 'media-type-unsupported';
  readonly kind = 'unsupported-media-type';

  constructor(mediaType: string | undefined, wanted = 'application/json') {
    const given = mediaType === undefined ? 'without a Content-Type' : `of type "${shortened(mediaType)}"`;
    super(`A body ${given} is not accepted here; send Content-Type: ${wanted}.`);
  }
}

export class CharsetUnsupportedError extends DomainError {
  readonly code = 'charset-unsupported';
  readonly kind = 'unsupported-media-type';

  constructor(charset: string) {
    super(`The charset "${shortened(charset)}" is not accepted; JSON is sent as utf-8.`);
  }
}

export class ContentEncodingUnsupportedError extends DomainError {
  readonly code = 'content-encoding-unsupported';
  readonly kind = 'unsupported-media-type';

  constructor(encoding: string) {
    super(`The Content-Encoding "${shortened(encoding)}" is not accepted; send the body uncompressed.`);
  }
}

/** A path or query that can't be decoded, or decodes to something that can't be stored. */
export class UrlMalformedError extends DomainError {
  readonly kind = 'malformed';

  constructor(
    readonly code: 'percent-encoding-invalid' | 'nul-character',
    message: string,
  ) {
    super(message);
  }
}

/** What a caller sent, short enough to be shown in a sentence. */
function shortened(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
