import { type Json } from '../../common/json.js';
import { placeLimits, placesOfIds } from './stand-ins.js';

const idOf = (number: number) => `conn_00000000-0000-0000-0000-${String(number).padStart(12, '0')}`;
const all = (places: Map<string, string[]>) => [...places.values()].flat();

describe('places of ids', () => {
  it('are told once for each text and each key that has the id in it', () => {
    const value = { a: `${idOf(1)} ${idOf(2)} ${idOf(1)}`, [idOf(1)]: [null, idOf(2)] };
    expect([...placesOfIds(value)]).toEqual([
      [idOf(1), ['/a', `/${idOf(1)}`]],
      [idOf(2), ['/a', `/${idOf(1)}/1`]],
    ]);
  });

  it('are the first ones of an id that stands everywhere', () => {
    const value = [...Array.from({ length: 5_000 }, () => idOf(1)), idOf(2)];
    const places = placesOfIds(value);
    expect(places.get(idOf(1))).toHaveLength(placeLimits.perId);
    expect(places.get(idOf(1))!.at(-1)).toBe(`/${placeLimits.perId - 1}`);
    expect(places.get(idOf(2))).toEqual(['/5000']);
  });

  it('are bounded for all ids together; each id is known nevertheless', () => {
    const value = Array.from({ length: 6_000 }, (_, n) => idOf(n));
    const places = placesOfIds(value);
    expect(places.size).toBe(6_000);
    expect(all(places)).toHaveLength(placeLimits.all);
  });

  it('are left out where the way there is long', () => {
    const deep = (levels: number, inner: Json): Json =>
      levels === 0 ? inner : { ['k'.repeat(200)]: deep(levels - 1, inner) };
    const places = placesOfIds({ long: deep(3, idOf(1)), short: deep(2, idOf(2)) });
    expect(places.get(idOf(1))).toEqual([]);
    expect(places.get(idOf(2))).toHaveLength(1);
  });
});
