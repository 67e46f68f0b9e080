import { type JsonObject } from '../../../common/json.js';
import { ToolError } from '../tool-error.js';

/** https://developers.notion.com/reference/request-limits */
const TEXT_CHARACTERS = 2_000;
const MOST_TEXTS = 100;
/** Of children of a request. */
export const MOST_BLOCKS = 100;

/** A text as Notion wants it, in pieces that are short enough. @throws ToolError when there would be too many */
export function richText(text: string): JsonObject[] {
  const pieces: JsonObject[] = [];
  for (let rest = text; rest !== ''; rest = rest.slice(pieceOf(rest).length)) {
    pieces.push({ type: 'text', text: { content: pieceOf(rest) } });
  }
  if (pieces.length <= MOST_TEXTS) return pieces;
  throw new ToolError('input-invalid', `A paragraph has more than ${MOST_TEXTS * TEXT_CHARACTERS} characters.`, false);
}

/** A paragraph for each line. @throws ToolError when there would be too many */
export function paragraphs(text: string): JsonObject[] {
  const lines = text === '' ? [] : text.split(/\r?\n/);
  if (lines.length <= MOST_BLOCKS) {
    return lines.map((line) => ({ object: 'block', type: 'paragraph', paragraph: { rich_text: richText(line) } }));
  }
  const message = `Notion takes ${MOST_BLOCKS} paragraphs at once, and the text has ${lines.length} lines.`;
  throw new ToolError('input-invalid', message, false);
}

/** Does not cut a character in two. */
function pieceOf(text: string): string {
  const piece = text.slice(0, TEXT_CHARACTERS);
  const isCut = text.length > TEXT_CHARACTERS && /[\uD800-\uDBFF]$/.test(piece);
  return isCut ? piece.slice(0, -1) : piece;
}
