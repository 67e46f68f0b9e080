import { payForList, payForText, type Budget } from '../budget.js';
import { fail } from '../expression-error.js';
import { LIMITS } from '../limits.js';
import { toText } from '../to-json.js';
import { defineFunction } from './define-function.js';
import { formatText } from './format-text.js';
import { matchesPattern } from './regular-expressions.js';

/**
 * A text as a list of its characters (code points), which is what CEL counts; a plain string where that is the same.
 * An index never falls into the middle of a character, so no half of a surrogate pair can come out.
 */
export function charactersOf(text: string, work: Budget): string | string[] {
  work.spendText(text.length);
  if (!/[\ud800-\udfff]/.test(text)) return text;
  work.spend(text.length);
  return Array.from(text);
}

function slice(text: string, start: number, end: number | undefined, work: Budget): string {
  const characters = charactersOf(text, work);
  const to = end ?? characters.length;
  const inOrder = Number.isInteger(start) && Number.isInteger(to) && 0 <= start && start <= to;
  if (!inOrder || to > characters.length) return fail('The position lies outside the text');
  return typeof characters === 'string' ? characters.slice(start, to) : characters.slice(start, to).join('');
}

/** Positions count characters, not the code units in which JavaScript counts. */
function position(text: string, codeUnits: number, work: Budget): number {
  return codeUnits < 0 ? -1 : charactersOf(text.slice(0, codeUnits), work).length;
}

function join(items: readonly unknown[], separator: string, work: Budget): string {
  const texts = items.map((item) => toText(item, work));
  const length = texts.reduce((sum, text) => sum + text.length, 0) + separator.length * Math.max(0, items.length - 1);
  payForText(length, work);
  return texts.join(separator);
}

function split(text: string, separator: string, limit: number, work: Budget): string[] {
  work.spendText(text.length);
  const parts = separator === '' ? charactersOf(text, work) : text.split(separator, LIMITS.listLength + 1);
  payForList(parts.length, work);
  const all = Array.from(parts);
  if (limit < 0 || all.length <= limit) return all;
  if (limit === 0) return [];
  return [...all.slice(0, limit - 1), all.slice(limit - 1).join(separator)];
}

function replace(text: string, search: string, replacement: string, limit: number, work: Budget): string {
  work.spendText(text.length);
  if (search === '') return fail('replace: "search" must not be empty');
  const parts = text.split(search);
  const count = limit < 0 ? parts.length - 1 : Math.min(limit, parts.length - 1);
  payForText(text.length + count * (replacement.length - search.length), work);
  work.spend(parts.length);
  return [parts.slice(0, count + 1).join(replacement), ...parts.slice(count + 1)].join(search);
}

export const stringFunctions = [
  defineFunction({
    name: 'contains',
    style: 'method',
    params: { text: 'string', part: 'string' },
    returns: 'bool',
    description: 'Whether the text contains the part.',
    run: ({ text, part }, work) => (work.spendText(text.length), text.includes(part)),
  }),
  defineFunction({
    name: 'startsWith',
    style: 'method',
    params: { text: 'string', prefix: 'string' },
    returns: 'bool',
    description: 'Whether the text begins with the prefix.',
    run: ({ text, prefix }, work) => (work.spendText(prefix.length), text.startsWith(prefix)),
  }),
  defineFunction({
    name: 'endsWith',
    style: 'method',
    params: { text: 'string', suffix: 'string' },
    returns: 'bool',
    description: 'Whether the text ends with the suffix.',
    run: ({ text, suffix }, work) => (work.spendText(suffix.length), text.endsWith(suffix)),
  }),
  defineFunction({
    name: 'matches',
    style: 'both',
    params: { text: 'string', pattern: 'string' },
    returns: 'bool',
    description:
      'Whether the pattern, a regular expression of RE2 (no look-around, no back-references), is found anywhere in the text. `^` and `$` tie it to the ends.',
    run: ({ text, pattern }, work) => matchesPattern(text, pattern, work),
  }),
  defineFunction({
    name: 'split',
    style: 'method',
    params: { text: 'string', separator: 'string', limit: 'number?' },
    returns: 'list<string>',
    description: 'The parts of the text between separators, at most `limit` of them. "" splits into characters.',
    run: ({ text, separator, limit = -1 }, work) => split(text, separator, limit, work),
  }),
  defineFunction({
    name: 'join',
    style: 'method',
    params: { list: 'list', separator: 'string?' },
    returns: 'string',
    description: 'The items as one text with the separator between them: strings as they are, others as JSON.',
    run: ({ list, separator = '' }, work) => join(list, separator, work),
  }),
  defineFunction({
    name: 'replace',
    style: 'method',
    params: { text: 'string', search: 'string', replacement: 'string', limit: 'number?' },
    returns: 'string',
    description: 'The text with every (or the first `limit`) `search` replaced. Plain text, not a pattern.',
    run: ({ text, search, replacement, limit = -1 }, work) => replace(text, search, replacement, limit, work),
  }),
  defineFunction({
    name: 'trim',
    style: 'method',
    params: { text: 'string' },
    returns: 'string',
    description: 'The text without white space at its ends.',
    run: ({ text }, work) => (work.spendText(text.length), text.trim()),
  }),
  defineFunction({
    name: 'lowerAscii',
    style: 'method',
    params: { text: 'string' },
    returns: 'string',
    description: 'The text with A to Z in lower case.',
    run: ({ text }, work) => (work.spend(text.length), text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())),
  }),
  defineFunction({
    name: 'upperAscii',
    style: 'method',
    params: { text: 'string' },
    returns: 'string',
    description: 'The text with a to z in upper case.',
    run: ({ text }, work) => (work.spend(text.length), text.replace(/[a-z]+/g, (letters) => letters.toUpperCase())),
  }),
  defineFunction({
    name: 'charAt',
    style: 'method',
    params: { text: 'string', index: 'number' },
    returns: 'string',
    description: 'The character at an index, counted from 0.',
    run: ({ text, index }, work) => slice(text, index, index + 1, work),
  }),
  defineFunction({
    name: 'substring',
    style: 'method',
    params: { text: 'string', start: 'number', end: 'number?' },
    returns: 'string',
    description: 'The characters from `start` up to, without, `end`, counted from 0.',
    run: ({ text, start, end }, work) => slice(text, start, end, work),
  }),
  defineFunction({
    name: 'indexOf',
    style: 'method',
    params: { text: 'string', part: 'string', from: 'number?' },
    returns: 'number',
    description: 'Where the part is first found at or after `from`, or -1.',
    run: ({ text, part, from = 0 }, work) => {
      const start = slice(text, 0, from, work).length;
      return position(text, text.indexOf(part, start), work);
    },
  }),
  defineFunction({
    name: 'lastIndexOf',
    style: 'method',
    params: { text: 'string', part: 'string' },
    returns: 'number',
    description: 'Where the part is last found, or -1.',
    run: ({ text, part }, work) => position(text, text.lastIndexOf(part), work),
  }),
  defineFunction({
    name: 'format',
    style: 'method',
    params: { template: 'string', values: 'list' },
    returns: 'string',
    description:
      'The text with `%s` (anything), `%d` (whole number), `%f` or `%.2f` (decimals), `%e`, `%b` (binary), `%o`, `%x`, `%X` replaced by the values in turn. `%%` is a percent sign.',
    run: ({ template, values }, work) => formatText(template, values, work),
  }),
];
