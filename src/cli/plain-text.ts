/** What a terminal obeys, or what shows text in another order than it has. */
const unseen = /[\p{Cc}\p{Bidi_Control}]/gu;

/**
 * A line as it may be shown: names that users choose come to the terminal of an operator, and must not move its cursor, make
 * lines of their own or look like something else. Written as JSON writes them, so JSON stays what it is.
 */
export function plainLine(line: string): string {
  return line.replaceAll(unseen, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The same for what has several lines of our own. */
export function plainLines(text: string): string {
  return text.split('\n').map(plainLine).join('\n');
}
