import { firstUuidOf, uuidv7 } from './uuid.js';

describe('firstUuidOf', () => {
  it('comes before every id of its moment, and after those of the moment before', () => {
    const before = Date.now();
    const id = uuidv7();
    expect(firstUuidOf(before) <= id).toBe(true);
    expect(firstUuidOf(Date.now() + 2) > id).toBe(true);
    expect(firstUuidOf(0)).toBe('00000000-0000-7000-8000-000000000000');
    expect(firstUuidOf(17.9)).toBe('00000000-0011-7000-8000-000000000000');
  });
});
