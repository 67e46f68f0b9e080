import { createHash } from 'node:crypto';
import { type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { OperatorError } from '../../operator.error.js';
import { type BackupHeader, type BackupTrailer, END_OF_ROWS } from './backup-format.js';

const END_AFTER_ROW = `\n${END_OF_ROWS}`;
const NEWLINE = 10;

/** Reads a backup from front to back: the header, the rows of each table, the trailer. */
export class BackupReader {
  private readonly parts: AsyncIterator<Buffer>;
  private readonly hash = createHash('sha256');
  private rest = Buffer.alloc(0);

  constructor(source: Readable) {
    const unzipped = source.pipe(createGunzip({ chunkSize: 1024 * 1024 }));
    source.once('error', (error) => unzipped.destroy(error));
    this.parts = unzipped[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  /** @throws OperatorError when it is no backup, or one of a format that this build does not know. */
  async header(): Promise<BackupHeader> {
    const header = await this.json<Partial<BackupHeader>>().catch((cause: unknown) => {
      throw new OperatorError('This is no backup of Seer.', { cause });
    });
    if (header.seer_backup === 1) return header as BackupHeader;
    throw new OperatorError(`This build of Seer cannot read backups of the format ${header.seer_backup}.`);
  }

  /** The rows of the next table, in pieces of whole rows. */
  async *rows(): AsyncGenerator<Buffer> {
    while (!this.rest.subarray(0, END_OF_ROWS.length).equals(Buffer.from(END_OF_ROWS))) {
      const end = this.rest.indexOf(END_AFTER_ROW);
      const whole = (end >= 0 ? end : this.rest.lastIndexOf(NEWLINE)) + 1;
      if (whole > 0) yield this.take(whole);
      else await this.more();
    }
    this.take(END_OF_ROWS.length);
  }

  /**
   * Reads to the end, and proves that everything came as it was written.
   * @throws OperatorError when it did not.
   */
  async trailer(): Promise<BackupTrailer> {
    const sha256 = this.hash.copy().digest('hex');
    const trailer = await this.json<BackupTrailer>();
    if (trailer.sha256 !== sha256) throw new OperatorError('The backup is damaged: its checksum is wrong.');
    return trailer;
  }

  private async json<Value>(): Promise<Value> {
    while (!this.rest.includes(NEWLINE)) await this.more();
    return JSON.parse(this.take(this.rest.indexOf(NEWLINE) + 1).toString()) as Value;
  }

  private take(bytes: number): Buffer {
    const taken = this.rest.subarray(0, bytes);
    this.rest = this.rest.subarray(bytes);
    this.hash.update(taken);
    return taken;
  }

  private async more(): Promise<void> {
    const next = await this.parts.next().catch((cause: Error) => {
      throw new OperatorError(`The backup cannot be read: ${cause.message}.`, { cause });
    });
    if (next.done) throw new OperatorError('The backup ends early.');
    this.rest = Buffer.concat([this.rest, next.value]);
  }
}
