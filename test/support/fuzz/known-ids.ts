import { KnownId } from './schema-arbitrary.js';

/** Links that are keys: the last part of their path. */
const link = /\/v1\/(?:hooks|forms|approvals|approval-forms)\/([\w.-]+)$/;
/** Enough to choose from; what was there first stays. */
const MOST = 200;

/** What the server has given out so far: requests are about things that exist. */
export class KnownIds {
  private readonly byField = new Map<string, string[]>();

  /** @param unwanted ids that no request may be about, such as that of the key which signs them */
  constructor(private readonly unwanted: ReadonlySet<string>) {}

  /** Learns every id of an answer. */
  learn(value: unknown): void {
    if (typeof value !== 'object' || value === null) return;
    for (const [field, inner] of Object.entries(value)) {
      const token = typeof inner === 'string' ? link.exec(inner)?.[1] : undefined;
      if (token) this.add('token', token);
      else if (typeof inner === 'string' && field.endsWith('_id')) this.add(field, inner);
      else this.learn(inner);
    }
  }

  /** The value with an id for each {@link KnownId} in it. */
  resolve(value: unknown): unknown {
    if (value instanceof KnownId) return this.pick(value);
    if (Array.isArray(value)) return value.map((item) => this.resolve(item));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, this.resolve(inner)]));
  }

  private pick({ field, pick }: KnownId): string {
    const ids = this.byField.get(field) ?? [...this.byField.values()].flat();
    return ids[pick % ids.length] ?? 'none';
  }

  private add(field: string, id: string): void {
    if (this.unwanted.has(id)) return;
    const known = this.byField.get(field) ?? [];
    if (!known.includes(id) && known.length < MOST) known.push(id);
    this.byField.set(field, known);
  }
}
