import type { Json } from '../../common/json.js';
import { ExpressionError } from './expression-error.js';
import { LIMITS } from './limits.js';

/** A piece of a text: literal, or the source of an expression. */
export type TextPart = { readonly literal: string } | { readonly source: string };

/**
 * Cuts a text at its `${…}`. `$${` is a literal `${`; a `$` before anything else is itself.
 *
 * @throws ExpressionError `expression-invalid` if a `${` is never closed
 */
export function splitText(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let literal = '';
  let from = 0;
  for (let at = text.indexOf('${'); at >= 0; at = text.indexOf('${', from)) {
    if (at > from && text[at - 1] === '$') {
      literal += `${text.slice(from, at - 1)}\${`;
      from = at + 2;
      continue;
    }
    const end = endOfExpression(text, at + 2);
    literal += text.slice(from, at);
    if (literal) parts.push({ literal });
    parts.push({ source: text.slice(at + 2, end) });
    literal = '';
    from = end + 1;
  }
  literal += text.slice(from);
  if (literal) parts.push({ literal });
  return parts;
}

/** Where the `}` stands that closes an expression: not one of a map, inside a string or in a comment. */
function endOfExpression(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const character = text[at];
    if (character === '"' || character === "'") at = endOfString(text, at);
    else if (character === '/' && text[at + 1] === '/') at = endOfLine(text, at);
    else if (character === '{') depth++;
    else if (character === '}' && depth-- === 0) return at;
  }
  const opening = { start: start - 2, end: text.length };
  throw new ExpressionError('expression-invalid', 'This ${ is never closed by }', text, opening);
}

/**
 * The last character of a CEL string: `"…"`, `'…'`, or tripled; the end of the text if it is not closed. The prefixes r
 * and b need no care: for the parser, a backslash keeps the next quote from closing a raw string too.
 */
function endOfString(text: string, start: number): number {
  const quote = text[start]!;
  const delimiter = text.startsWith(quote.repeat(3), start) ? quote.repeat(3) : quote;
  for (let at = start + delimiter.length; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text.startsWith(delimiter, at)) return at + delimiter.length - 1;
  }
  return text.length;
}

function endOfLine(text: string, start: number): number {
  const end = text.indexOf('\n', start);
  return end < 0 ? text.length : end;
}

/** Every string of a JSON value that may be a template, with its pointer (RFC 6901). Keys are not templates. */
export function* stringsOf(value: Json, pointer = '', depth = 0): Generator<{ text: string; pointer: string }> {
  if (depth > LIMITS.valueDepth) {
    throw new ExpressionError('expression-too-costly', `A value is nested deeper than ${LIMITS.valueDepth}`, pointer);
  }
  if (typeof value === 'string') {
    if (value.includes('${')) yield { text: value, pointer };
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      yield* stringsOf(inner, `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`, depth + 1);
    }
  }
}
