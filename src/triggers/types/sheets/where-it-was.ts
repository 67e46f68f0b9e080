/**
 * Where the last known rows are now. Rows above them may have been deleted or inserted: then they have moved together. When
 * they are nowhere as they were, one of them was edited or the sheet was sorted: their number is all there is to go by.
 * @param tail marks of the last rows that were known, the last of them was row `last`
 * @param marks of the rows from `from` on
 * @returns the row after which the new ones begin
 */
export function whereItWas(
  { last, tail }: { last: number; tail: readonly string[] },
  { from, marks }: { from: number; marks: readonly string[] },
): number {
  const end = from + marks.length - 1;
  const isAt = (row: number) =>
    row - tail.length + 1 >= from &&
    row <= end &&
    tail.every((mark, index) => marks[row - tail.length + 1 + index - from] === mark);
  if (tail.length > 0) {
    if (isAt(last)) return last;
    for (let row = last - 1; row >= from; row--) if (isAt(row)) return row;
    for (let row = last + 1; row <= end; row++) if (isAt(row)) return row;
  }
  return Math.min(last, end);
}
