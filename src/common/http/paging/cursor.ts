import { createHmac, timingSafeEqual } from 'node:crypto';
import { canonicalJson } from '../../canonical-json.js';
import { DomainError } from '../../errors.js';
import { limits } from '../limits.js';

/**
 * Gives the secret that signs cursors: at least 32 bytes, the same in all processes of an installation. A function,
 * because the secret is known only when the key ring is open, after the modules were made.
 */
export type CursorKey = () => Buffer;

/** Bytes of the signature: 128 bits can't be guessed, and the cursor stays short. */
const TAG_BYTES = 16;

/** What a cursor is good for; with anything else it is refused. */
export interface CursorScope {
  /** Who asks: the user's id. */
  owner: string;
  /** Which list, e.g. `runs` or `versions of wf_…`. */
  list: string;
  /** The filters of the request, without `limit` and `cursor`. */
  filter?: object;
}

/** The values of the sort columns of a page's last row: the next page begins after them. */
export type Position = readonly (string | number)[];

export class CursorInvalidError extends DomainError {
  readonly code = 'cursor-invalid';
  readonly kind = 'malformed';
  override readonly faults = [
    { pointer: '/cursor', code: 'cursor-invalid', message: 'Not a cursor of this list, caller and filter.' },
  ];

  constructor() {
    super(
      'The cursor does not belong to this list, caller and filter. Start again at the first page, without a cursor.',
    );
  }
}

/** Makes cursors and reads them back; injectable by this class. */
export class CursorCodec {
  constructor(private readonly key: CursorKey) {}

  /** base64url of a signature and the position as JSON. */
  encode(position: Position, scope: CursorScope): string {
    const json = Buffer.from(JSON.stringify(position));
    return Buffer.concat([this.sign(json, scope), json]).toString('base64url');
  }

  /** @throws CursorInvalidError when the cursor is made up, changed, of another caller or for another filter */
  decode(cursor: string, scope: CursorScope): Position {
    const bytes = Buffer.from(cursor, 'base64url');
    // Decoding ignores characters that are not base64url; a cursor has one spelling only.
    if (cursor.length > limits.cursorLength || bytes.toString('base64url') !== cursor) throw new CursorInvalidError();
    const [tag, json] = [bytes.subarray(0, TAG_BYTES), bytes.subarray(TAG_BYTES)];
    if (tag.length < TAG_BYTES || !timingSafeEqual(tag, this.sign(json, scope))) throw new CursorInvalidError();
    return JSON.parse(json.toString()) as Position;
  }

  private sign(json: Buffer, { owner, list, filter = {} }: CursorScope): Buffer {
    const scope = canonicalJson([owner, list, filter]);
    return createHmac('sha256', this.key()).update(`${scope}\n`).update(json).digest().subarray(0, TAG_BYTES);
  }
}
