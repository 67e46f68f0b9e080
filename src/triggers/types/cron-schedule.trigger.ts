import { type Fault } from '../../common/errors.js';
import { type JsonObject } from '../../common/json.js';
import { type FiringPolicy } from '../schedules/firing-policy.js';
import { parseSchedule, type ScheduleConfig } from '../schedules/schedule.js';
import { ScheduleInvalidError } from '../schedules/schedule.errors.js';
import { wallClock } from '../schedules/wall-clock.js';
import { defineTrigger } from './define-trigger.js';

/** What a subscription to a schedule says, besides `filter` and `inputs`. */
type CronConfig = JsonObject &
  FiringPolicy & {
    cron: string;
    timezone: string;
    dst: { missing: 'next' | 'skip'; repeated: 'first' | 'both' };
  };

export const cronSchedule = defineTrigger<CronConfig>({
  key: 'cron_schedule',
  title: 'Schedule',
  description:
    'Fires at the times of a cron expression, on the clock of a time zone, by the time of the database: each of them once, ' +
    'however many processes there are.',
  mode: 'schedule',
  config: {
    required: ['cron'],
    properties: {
      cron: {
        type: 'string',
        minLength: 1,
        maxLength: 200,
        description:
          'Five fields (minute, hour, day of month, month, day of week) or six (with the second before them), or @hourly, ' +
          '@daily, @weekly, @monthly, @yearly. Values, lists, ranges, steps and names.',
      },
      timezone: {
        type: 'string',
        minLength: 1,
        maxLength: 100,
        default: 'UTC',
        description: 'IANA, such as Europe/Berlin.',
      },
      dst: {
        type: 'object',
        additionalProperties: false,
        default: {},
        properties: {
          missing: {
            enum: ['next', 'skip'],
            default: 'next',
            description: 'A fixed time that the clock leaps over: fire as soon as it has leapt, or not at all.',
          },
          repeated: {
            enum: ['first', 'both'],
            default: 'first',
            description: 'A fixed time that the clock shows twice: fire the first time, or both times.',
          },
        },
      },
      catch_up: {
        enum: ['skip', 'latest', 'all'],
        default: 'latest',
        description:
          'Times that were missed while nothing ran: none is made up for, the latest, or all up to `catch_up_limit`.',
      },
      catch_up_limit: { type: 'integer', minimum: 1, maximum: 1_000, default: 100 },
      overlap: {
        enum: ['allow', 'skip', 'queue', 'cancel_running'],
        default: 'allow',
        description:
          'While a run of this subscription is under way: start another, skip this time, wait for it, or cancel it. A workflow ' +
          'with settings.concurrency obeys these instead.',
      },
      jitter: {
        type: 'string',
        pattern: '^(0|[1-9][0-9]{0,6})(ms|s|m)$',
        default: '0s',
        description: 'a duration such as 30s: each subscription fires later by a part of it, always the same',
      },
    },
  },
  event: {
    type: 'object',
    additionalProperties: false,
    required: ['scheduled_at', 'fired_at', 'slot'],
    properties: {
      scheduled_at: { type: 'string', description: 'The time that it is for, in UTC.' },
      fired_at: { type: 'string', description: 'When it came to be, by the clock of the database.' },
      slot: { type: 'string', description: 'The time that it is for, as the clock of the time zone shows it.' },
    },
  },
  sample: {
    scheduled_at: '2026-11-26T08:00:00.000Z',
    fired_at: '2026-11-26T08:00:00.120Z',
    slot: '2026-11-26T09:00:00+01:00',
  },
  example: { cron: '0 9 * * MON-FRI', timezone: 'Europe/Berlin', overlap: 'skip' },
  schedule: (config) => parseSchedule(scheduleOf(config)),
  policy: (config) => config,
  dataOf: (time, firedAt, { timezone }) => ({
    scheduled_at: time.toISOString(),
    fired_at: firedAt.toISOString(),
    slot: wallClock(time, timezone),
  }),
  check: faultsOf,
});

function scheduleOf({ cron, timezone, dst }: CronConfig): ScheduleConfig {
  return { cron, timezone, dst };
}

function faultsOf(config: CronConfig): Fault[] {
  try {
    parseSchedule(scheduleOf(config));
    return [];
  } catch (error) {
    if (!(error instanceof ScheduleInvalidError)) throw error;
    return [{ pointer: `/${error.field}`, code: 'schedule-invalid', message: error.message }];
  }
}
