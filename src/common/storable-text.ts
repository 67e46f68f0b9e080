/**
 * PostgreSQL cannot hold NUL in text, nor half a surrogate pair. JSON.stringify writes both as escapes; after an odd
 * number of backslashes such an escape would be plain text.
 */
const unstorable = /(?<!\\)((?:\\\\)*)\\u(?:0000|d[89a-f][0-9a-f]{2})/gi;

/** Whether a JSON text (as JSON.stringify writes it) holds characters that the database can't. */
export function isStorable(json: string): boolean {
  if (!json.includes('\\u')) return true;
  unstorable.lastIndex = 0;
  return !unstorable.test(json);
}

/** The JSON text with a replacement character for each one that the database can't hold: for messages, not for data. */
export function makeStorable(json: string): string {
  return json.includes('\\u') ? json.replaceAll(unstorable, '$1\\ufffd') : json;
}
