/** Where a text stops being JSON. */
export interface TextPosition {
  /** From 1. */
  line: number;
  /** From 1, in UTF-16 units. */
  column: number;
}

/** A string, another scalar, or a punctuation mark of RFC 8259, after white space. */
const token =
  /[\t\n\r ]*(?:("(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)|([{}[\],:]))/y;
const whiteSpace = /[\t\n\r ]*/y;

/**
 * The place of the first token that JSON's grammar does not allow, or the end of a text that breaks off. V8 names the
 * position in some of its messages only, and a caller with a 1 MB body needs it. For texts that JSON.parse refused.
 */
export function positionOfJsonError(text: string): TextPosition {
  const offset = offsetOfJsonError(text);
  const before = text.slice(0, offset);
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') };
}

type Expected = 'value' | 'value or ]' | 'key' | 'key or }' | ':' | 'more';

function offsetOfJsonError(text: string): number {
  const open: string[] = [];
  let expected: Expected | undefined = 'value';
  let offset = 0;
  for (;;) {
    whiteSpace.lastIndex = offset;
    const start = offset + (whiteSpace.exec(text)?.[0].length ?? 0);
    token.lastIndex = offset;
    const [match, string, scalar, mark] = token.exec(text) ?? [];
    if (match === undefined) return start;
    expected = next(expected, string === undefined ? (scalar ?? mark ?? '') : '"', open);
    if (expected === undefined) return start;
    offset = token.lastIndex;
  }
}

/** What may follow after `found`; undefined when `found` itself may not stand here. Keeps the open brackets. */
function next(expected: Expected, found: string, open: string[]): Expected | undefined {
  switch (expected) {
    case 'value or ]':
      return found === ']' ? close(open) : value(found, open);
    case 'value':
      return value(found, open);
    case 'key or }':
      return found === '}' ? close(open) : key(found);
    case 'key':
      return key(found);
    case ':':
      return found === ':' ? 'value' : undefined;
    case 'more':
      if (found === ',' && open.length > 0) return open.at(-1) === '{' ? 'key' : 'value';
      return found === (open.at(-1) === '{' ? '}' : ']') && open.length > 0 ? close(open) : undefined;
  }
}

function value(found: string, open: string[]): Expected | undefined {
  if (found === '{' || found === '[') {
    open.push(found);
    return found === '{' ? 'key or }' : 'value or ]';
  }
  return '}],:'.includes(found) ? undefined : 'more';
}

function key(found: string): Expected | undefined {
  return found === '"' ? ':' : undefined;
}

function close(open: string[]): Expected {
  open.pop();
  return 'more';
}
