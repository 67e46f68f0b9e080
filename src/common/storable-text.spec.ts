import { isStorable, makeStorable } from './storable-text.js';

const bad = ['\0', '\ud800', '\udfff', 'a\0b', '\ud83d', '\\\0', '\\\\\ud800', '\ud800\ud800'];
const good = ['', 'plain', '😀', '\\u0000', '\\\\u0000', '\\ud800', '\u0001', '\u2028', '"quoted"', 'ends with \\'];

describe('JSON text that the database can hold', () => {
  it.each(bad)('is not what JSON.stringify makes of %j', (text) => {
    for (const value of [text, [text], { [text]: 1 }]) expect(isStorable(JSON.stringify(value))).toBe(false);
  });

  it.each(good)('is what JSON.stringify makes of %j', (text) => {
    for (const value of [text, [text], { [text]: 1 }]) {
      const json = JSON.stringify(value);
      expect(isStorable(json)).toBe(true);
      expect(makeStorable(json)).toBe(json);
    }
  });

  it.each(bad)('is made of %j with replacement characters', (text) => {
    const json = makeStorable(JSON.stringify({ text }));
    expect(isStorable(json)).toBe(true);
    expect(JSON.parse(json)).toEqual({ text: text.toWellFormed().replaceAll('\0', '\ufffd') });
  });
});
