import { KnownId } from './schema-arbitrary.js';

const publicId = /^([a-z]+)_[0-9a-f]{8}-[0-9a-f-]{27}$/;
/** Links that are keys: the last part of their path. */
const link = /\/v1\/(?:hooks|forms|approvals|approval-forms)\/([\w.-]+)$/;
/** Enough to choose from; what was there first stays. */
const MOST = 200;

/** What the server has given out so far: requests are about things that exist. */
export class KnownIds {
  private readonly byPrefix = new Map<string, string[]>();

  /** @param unwanted ids that no request may be about, such as that of the key which signs them */
  constructor(private readonly unwanted: ReadonlySet<string>) {}

  /** Learns every id of an answer. */
  learn(value: unknown): void {
    if (typeof value === 'string') {
      const prefix = publicId.exec(value)?.[1];
      const token = link.exec(value)?.[1];
      if (prefix) this.add(prefix, value);
      else if (token) this.add('token', token);
    } else if (typeof value === 'object' && value !== null) {
      for (const inner of Object.values(value)) this.learn(inner);
    }
  }

  /** The value with an id for each {@link KnownId} in it. */
  resolve(value: unknown): unknown {
    if (value instanceof KnownId) return this.pick(value);
    if (Array.isArray(value)) return value.map((item) => this.resolve(item));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, this.resolve(inner)]));
  }

  private pick({ prefix, pick }: KnownId): string {
    const ids = (prefix && this.byPrefix.get(prefix)) || [...this.byPrefix.values()].flat();
    return ids[pick % ids.length] ?? 'none';
  }

  private add(prefix: string, id: string): void {
    if (this.unwanted.has(id)) return;
    const known = this.byPrefix.get(prefix) ?? [];
    if (!known.includes(id) && known.length < MOST) known.push(id);
    this.byPrefix.set(prefix, known);
  }
}
