import { durationPattern, parseDuration } from '../../common/duration.js';
import { type Fault } from '../../common/errors.js';
import { type JsonObject } from '../../common/json.js';

const SHORTEST = { text: '10s', milliseconds: 10_000 };
const LONGEST = { text: '7d', milliseconds: 7 * 86_400_000 };

/** How often a poll asks: a property of its config. */
export const intervalProperty: JsonObject = {
  type: 'string',
  pattern: durationPattern,
  default: '60s',
  description: `How often it is asked: a duration from ${SHORTEST.text} to ${LONGEST.text}, a tenth more or less.`,
};

/** What a schema can't tell of an interval. */
export function intervalFaults({ interval }: JsonObject): Fault[] {
  const wished = (typeof interval === 'string' ? parseDuration(interval) : undefined) ?? 0;
  if (wished >= SHORTEST.milliseconds && wished <= LONGEST.milliseconds) return [];
  const message = `must be from ${SHORTEST.text} to ${LONGEST.text}`;
  return [{ pointer: '/interval', code: 'out-of-range', message }];
}
