/** A schedule that can't be. The message names the wrong part and what is allowed in its place. */
export class ScheduleInvalidError extends Error {
  override readonly name = 'ScheduleInvalidError';

  constructor(
    readonly field: 'cron' | 'timezone',
    message: string,
  ) {
    super(message);
  }
}
