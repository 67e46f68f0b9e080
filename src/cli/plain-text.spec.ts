import { plainLine, plainLines } from './plain-text.js';

describe('plain text', () => {
  it('shows what a terminal would obey', () => {
    const name = 'a\u001b[2J\u009b1A\r\n\u007f\tb';
    expect(plainLine(name)).toBe(String.raw`a\u001b[2J\u009b1A\u000d\u000a\u007f\u0009b`);
  });

  it('shows what turns text around', () => {
    expect(plainLine('admin\u202e\u2066\u200f')).toBe(String.raw`admin\u202e\u2066\u200f`);
  });

  it('leaves all else, in whatever language', () => {
    const text = 'Zoë  “数据” 👩‍🚀 \\ → …';
    expect(plainLine(text)).toBe(text);
  });

  it('keeps JSON the same', () => {
    const value = { found: 'x\u009b\u202ey\u0000' };
    expect(JSON.parse(plainLines(JSON.stringify(value, null, 2)))).toEqual(value);
  });
});
