import { isJsonObject, type Json, pointerTo } from '../../common/json.js';
import { type IdKind, idPrefixes } from '../../common/public-id.js';

const kinds = new Map(Object.entries(idPrefixes).map(([kind, prefix]) => [prefix as string, kind as IdKind]));

/** An id of ours, wherever it stands in a text: a prefix and a uuid, nothing else looks like it. */
const anyId = new RegExp(`(?:${[...kinds.keys()].join('|')})_[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}`, 'g');

/** A uuid that no row has: version and variant are missing (RFC 9562 section 4), and the rest is a small number. */
const standIn = /^[a-z]+_0{8}-0{4}-0{4}-0{4}-0{3}\d{9}$/;

/** What stands for the exported workflow itself. */
export const ITSELF = standInOf('wf', 0);

/**
 * Gives ids away for others that mean nothing: `conn_00000000-0000-0000-0000-000000000001`, counted by kind in the order in
 * which they come. They have the form of ids, so that a spec with them is as good a draft as before.
 */
export class StandIns {
  /** Ids by their stand-ins, in order. */
  readonly ids = new Map<string, string>();
  private readonly byId: Map<string, string>;
  private readonly counts = new Map<string, number>();

  /** @param itself the workflow that is exported */
  constructor(itself: string) {
    this.byId = new Map([[itself, ITSELF]]);
  }

  /** The value with stand-ins in place of all ids. */
  replace<Value extends Json>(value: Value): Value {
    return withIds(value, (id) => this.for(id));
  }

  private for(id: string): string {
    const known = this.byId.get(id);
    if (known !== undefined) return known;
    const prefix = id.slice(0, id.indexOf('_'));
    const number = (this.counts.get(prefix) ?? 0) + 1;
    const made = standInOf(prefix, number);
    this.counts.set(prefix, number);
    this.byId.set(id, made);
    this.ids.set(made, id);
    return made;
  }
}

/** The value with other ids in it. In its text: ids have nothing that JSON would escape, and keys count as well. */
export function withIds<Value extends Json>(value: Value, idFor: (id: string) => string): Value {
  return JSON.parse(JSON.stringify(value).replace(anyId, idFor)) as Value;
}

/**
 * Bounds of what is told of places: a pointer repeats the names of all that lies around, so places without number would
 * be many times as large as the value.
 */
export const placeLimits = {
  /** Places of one id; the first ones are told. */
  perId: 100,
  /** Places of all ids together. */
  all: 2_000,
  /** Characters of a pointer; a longer one is left out, as a part of it would be another place. */
  pointerLength: 500,
} as const;

/** Where ids stand in a value: all ids, each with pointers to its first places (see {@link placeLimits}). */
export function placesOfIds(value: Json): Map<string, string[]> {
  const places = new Map<string, string[]>();
  let told = 0;
  const note = (text: string, at: string) => {
    for (const id of new Set(text.match(anyId))) {
      const known = places.get(id) ?? [];
      places.set(id, known);
      if (known.length >= placeLimits.perId || told >= placeLimits.all) continue;
      if (at.length > placeLimits.pointerLength) continue;
      known.push(at);
      told++;
    }
  };
  const look = (inner: Json, at: string): void => {
    if (typeof inner === 'string') note(inner, at);
    if (Array.isArray(inner)) inner.forEach((item, index) => look(item, pointerTo(at, index)));
    else if (isJsonObject(inner)) {
      for (const [key, member] of Object.entries(inner)) {
        note(key, pointerTo(at, key));
        look(member, pointerTo(at, key));
      }
    }
  };
  look(value, '');
  return places;
}

export function isStandIn(id: string): boolean {
  return standIn.test(id);
}

/** What kind of thing an id names; undefined: it is no id of ours. */
export function kindOf(id: string): IdKind | undefined {
  return [...id.matchAll(anyId)].some(([found]) => found === id) ? kinds.get(id.slice(0, id.indexOf('_'))) : undefined;
}

function standInOf(prefix: string, number: number): string {
  return `${prefix}_00000000-0000-0000-0000-${String(number).padStart(12, '0')}`;
}
