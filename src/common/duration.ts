const milliseconds = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** The form of a duration in a spec: a number and a unit, such as `500ms`, `20s`, `5m`, `1h` or `30d`. */
export const durationPattern = '^(0|[1-9][0-9]{0,8})(ms|s|m|h|d)$';
const pattern = new RegExp(durationPattern);

/** Milliseconds of a duration such as `20s`, or undefined when the text is none. */
export function parseDuration(text: string): number | undefined {
  const match = pattern.exec(text);
  if (!match) return undefined;
  return Number(match[1]) * milliseconds[match[2] as keyof typeof milliseconds];
}
