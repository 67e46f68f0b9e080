import { CronExpression } from './cron-expression.js';
import { normaliseCron } from './cron-fields.js';
import { ScheduleInvalidError } from './schedule.errors.js';

function errorOf(cron: string): unknown {
  try {
    return new CronExpression(cron);
  } catch (error) {
    return error;
  }
}

describe('a cron expression', () => {
  it.each([
    ['0 9 * * *', '0 0 9 * * *'],
    ['30 0 9 * * *', '30 0 9 * * *'],
    ['  0\t9  *   * * ', '0 0 9 * * *'],
    ['05 09 01 01 07', '0 5 9 1 1 7'],
    ['0 9 * jan,Feb-APR mon-FRI/2', '0 0 9 * 1,2-4 1-5/2'],
    ['0 9 * * FRI-SUN', '0 0 9 * * 5-7'],
    ['0 9 * * SUN-TUE', '0 0 9 * * 0-2'],
    ['0 9 * * SUN-SUN', '0 0 9 * * 0-0'],
    ['*/60 */24 */31 */12 */7', '0 */60 */24 */31 */12 */7'],
    ['0,1-5,*/20,10-20/05 * * * *', '0 0,1-5,*/20,10-20/5 * * * *'],
    ['0 0 l,15 * *', '0 0 0 L,15 * *'],
    ['0 0 lw * *', '0 0 0 LW * *'],
    ['0 0 1w,15W,31W * *', '0 0 0 1W,15W,31W * *'],
    ['0 0 * * mon#2,5#L,SUN#5', '0 0 0 * * 1#2,5#L,0#5'],
    ['@Hourly', '0 0 * * * *'],
    [' @midnight ', '0 0 0 * * *'],
    ['@annually', '0 0 0 1 1 *'],
  ])('%j means %j', (cron, normal) => {
    expect(normaliseCron(cron)).toBe(normal);
    expect(new CronExpression(cron)).toBeDefined();
  });

  it.each([
    ['', /has no fields; it needs 5 .* or 6/],
    ['   ', /has no fields/],
    ['* * * *', /has 4 fields/],
    ['0 0 0 1 1 * 2028', /has 7 fields/],
    [`0 9 ${'1,'.repeat(100)}1 * *`, /has 209 characters; at most 200 are allowed/],
    ['@reboot', /"@reboot" is not a nickname of a cron expression; there are @yearly, .*@hourly/],
    ['@', /not a nickname/],
    ['@daily 5 * * *', /not a nickname/],
    ['60 0 9 * * *', /"60" can't be the second .*: allowed are 0 to 59\./],
    ['60 9 * * *', /"60" can't be the minute .*: allowed are 0 to 59\./],
    ['0 24 * * *', /"24" can't be the hour .*: allowed are 0 to 23\./],
    ['0 9 0 * *', /"0" can't be the day of month .*: allowed are 1 to 31, L/],
    ['0 9 32 * *', /"32" can't be the day of month/],
    ['0 9 * 13 *', /"13" can't be the month .*: allowed are 1 to 12 and JAN to DEC\./],
    ['0 9 * 0 *', /"0" can't be the month/],
    ['0 9 * * 8', /"8" can't be the day of week .*: allowed are 0 to 7 \(0 and 7 are Sunday\), SUN to SAT/],
    ['0 9 * MAI *', /"MAI" can't be the month/],
    ['0 9 * * MONDAY', /"MONDAY" can't be the day of week/],
    ['0 9 * MON *', /"MON" can't be the month/],
    ['0 9 JAN * *', /"JAN" can't be the day of month/],
    ['0 -9 * * *', /"-9" can't be the hour/],
    ['0 9.5 * * *', /"9.5" can't be the hour/],
    ['0 1e1 * * *', /"1E1" can't be the hour/],
    ['0 9-12-15 * * *', /"9-12-15" can't be the hour/],
    ['0 9-25 * * *', /"9-25" can't be the hour/],
    ['0 9- * * *', /"9-" can't be the hour/],
    ['0 *-9 * * *', /"\*-9" can't be the hour/],
    ['0 ** * * *', /"\*\*" can't be the hour/],
    ['0 22-6 * * *', /"22-6" .*: the range runs backwards; write 22-23,0-6\./],
    ['0 9 * NOV-FEB *', /"NOV-FEB" .*: the range runs backwards; write 11-12,1-2\./],
    ['0 9 * * FRI-MON', /"FRI-MON" .*: the range runs backwards; write 5-6,0-1\./],
    ['0 9 * * 7-2', /"7-2" .*: the range runs backwards; write 0-2\./],
    ['0 9,,10 * * *', /"9,,10" can't be the hour .*: a value between commas is missing\./],
    ['0 9, * * *', /a value between commas is missing/],
    ['0 9,* * * *', /"9,\*" .*: \* stands alone\./],
    ['0 9 LW,15 * *', /"LW,15" .*: LW stands alone\./],
    ['0/15 9 * * *', /"0\/15" .*: a step needs \* or a range before it, such as 0-59\/15\./],
    ['/15 9 * * *', /"" can't be the minute/],
    ['*/0 9 * * *', /a step is a number from 1 to 60\./],
    ['*/61 9 * * *', /a step is a number from 1 to 60\./],
    ['*/ 9 * * *', /a step is a number from 1 to 60\./],
    ['*/x 9 * * *', /a step is a number from 1 to 60\./],
    ['*/5/5 9 * * *', /there is more than one step/],
    [
      '0 9 ? * MON',
      /"\?" can't be the day of month .*: write \* for any value; days of the week count from 0 \(Sunday\)\./,
    ],
    ['0 9 * * +MON', /"\+MON" can't be the day of week/],
    ['0 9 L-3 * *', /"L-3" can't be the day of month/],
    ['0 9 0W * *', /"0W" can't be the day of month/],
    ['0 9 32W * *', /"32W" can't be the day of month/],
    ['0 9 1-5W * *', /"1-5W" can't be the day of month/],
    ['0 9 * * MON#0', /"MON#0" can't be the day of week/],
    ['0 9 * * MON#6', /"MON#6" can't be the day of week/],
    ['0 9 * * 8#1', /"8#1" can't be the day of week/],
    ['0 9 * * FRIL', /"FRIL" can't be the day of week/],
    ['0 9 * * L', /"L" can't be the day of week/],
    ['0 L * * *', /"L" can't be the hour/],
    ['H 9 * * *', /"H" can't be the minute/],
    ['0 9\0 * * *', /"9\\u0000" can't be the hour/],
    ['0 9 * * constructor', /"CONSTRUCTOR" can't be the day of week/],
  ])('%j is refused, saying what is allowed', (cron, message) => {
    const error = errorOf(cron);
    expect(error).toBeInstanceOf(ScheduleInvalidError);
    expect(error).toMatchObject({ field: 'cron', message: expect.stringMatching(message) });
  });

  it.each([
    ['0 0 9 * * *', true],
    ['0 0 9-17 * * MON', true],
    ['0,30 15,45 1,2 */2 * *', true],
    ['@daily', true],
    ['0 * * * *', false],
    ['* 2 * * *', false],
    ['0 9-17/1 * * *', false],
    ['0-59/15 9 * * *', false],
    ['* 0 9 * * *', false],
    ['@hourly', false],
  ])('%j is one of fixed times: %j', (cron, isFixed) => {
    expect(new CronExpression(cron).isFixedTime).toBe(isFixed);
  });
});
