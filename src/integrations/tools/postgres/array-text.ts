/** An array with texts in it, nested where it has several dimensions. */
export type TextArray = (string | null | TextArray)[];

/**
 * Reads an array as PostgreSQL writes it: `{a,"b c",NULL,{…}}`, after bounds such as `[0:2]=` where they are unusual.
 * Iterative, as its depth is the server's word.
 */
export function parseArrayText(text: string): TextArray {
  const outermost: TextArray = [];
  const open: TextArray[] = [outermost];
  let at = text.indexOf('{');
  if (at < 0) throw new SyntaxError('not an array');
  while (at < text.length) {
    const character = text[at]!;
    if (character === '{') {
      const inner: TextArray = [];
      open.at(-1)!.push(inner);
      open.push(inner);
      at += 1;
    } else if (character === '}') {
      open.pop();
      if (open.length === 0) throw new SyntaxError('not an array');
      at += 1;
    } else if (character === ',') at += 1;
    else {
      const { value, end } = character === '"' ? quoted(text, at + 1) : bare(text, at);
      open.at(-1)!.push(value);
      at = end;
    }
  }
  return outermost[0] as TextArray;
}

function quoted(text: string, begin: number): { value: string; end: number } {
  let value = '';
  let at = begin;
  for (; at < text.length && text[at] !== '"'; at++) {
    if (text[at] === '\\') at += 1;
    value += text[at] ?? '';
  }
  return { value, end: at + 1 };
}

function bare(text: string, begin: number): { value: string | null; end: number } {
  const end = /[,}]/g;
  end.lastIndex = begin;
  const at = end.exec(text)?.index ?? text.length;
  const value = text.slice(begin, at);
  return { value: value === 'NULL' ? null : value, end: at };
}

/** Writes an array so that PostgreSQL reads exactly these texts. */
export function arrayText(array: TextArray): string {
  const elements = array.map((element) => {
    if (element === null) return 'NULL';
    return typeof element === 'string' ? `"${element.replace(/["\\]/g, '\\$&')}"` : arrayText(element);
  });
  return `{${elements.join(',')}}`;
}
