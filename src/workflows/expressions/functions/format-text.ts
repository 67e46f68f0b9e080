import { payForText, type Budget } from '../budget.js';
import { fail } from '../expression-error.js';
import { toText } from '../to-json.js';
import { kindOf } from '../values.js';

const PLACEHOLDER = /%(?:\.(\d{1,2}))?([a-zA-Z%])/g;
const MAX_DECIMALS = 20;

/** `"%s has %d".format(["Ann", 3])`, as in CEL's strings extension. */
export function formatText(template: string, values: readonly unknown[], work: Budget): string {
  payForText(template.length, work);
  let used = 0;
  let length = template.length;
  const text = template.replace(PLACEHOLDER, (_, decimals: string | undefined, verb: string) => {
    if (verb === '%') return '%';
    if (used >= values.length) return fail('format: there are more placeholders than values');
    const replacement = formatValue(verb, values[used++], Number(decimals ?? 6), work);
    payForText((length += replacement.length), work);
    return replacement;
  });
  return used === values.length ? text : fail('format: there are more values than placeholders');
}

function formatValue(verb: string, value: unknown, decimals: number, work: Budget): string {
  if (verb === 's') return toText(value, work);
  if (typeof value !== 'number') return fail(`format: %${verb} takes a number, not ${kindOf(value)}`);
  if (decimals > MAX_DECIMALS) return fail(`format: at most ${MAX_DECIMALS} decimals`);
  switch (verb) {
    case 'f':
      return value.toFixed(decimals);
    case 'e':
      return value.toExponential(decimals);
    case 'd':
      return whole(value).toString();
    case 'b':
      return whole(value).toString(2);
    case 'o':
      return whole(value).toString(8);
    case 'x':
      return whole(value).toString(16);
    case 'X':
      return whole(value).toString(16).toUpperCase();
    default:
      return fail(`format: %${verb} is not a placeholder`);
  }
}

function whole(value: number): number {
  return Number.isSafeInteger(value) ? value : fail('format: the value is not a whole number within 2^53');
}
