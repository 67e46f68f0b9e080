import { parseDuration } from '../duration.js';
import { type Retention } from '../retention/prunable.js';
import { duration, type ValuesOf } from './variable.js';

/** How long what has been is kept (docs/retention.md). */
export const retentionVariables = {
  SEER_RETENTION_COMPLETED: retention({ default: '30d', about: 'How long COMPLETED runs are kept after their end' }),
  SEER_RETENTION_FAILED: retention({ default: '90d', about: 'How long FAILED runs are kept after their end' }),
  SEER_RETENTION_CANCELLED: retention({ default: '30d', about: 'How long CANCELLED runs are kept after their end' }),
  SEER_RETENTION_EVENTS: retention({
    default: '90d',
    about: 'How long trigger events are kept, those of a run as long as the run if that is longer',
  }),
  SEER_RETENTION_AUDIT: retention({ default: '365d', min: '30d', about: 'How long entries of the audit are kept' }),
};

export function retentionOf(values: ValuesOf<typeof retentionVariables>): Retention {
  return {
    completed: keptFor(values.SEER_RETENTION_COMPLETED),
    failed: keptFor(values.SEER_RETENTION_FAILED),
    cancelled: keptFor(values.SEER_RETENTION_CANCELLED),
    events: keptFor(values.SEER_RETENTION_EVENTS),
    audit: keptFor(values.SEER_RETENTION_AUDIT),
  };
}

function retention({ min = '1d', ...rule }: { default: string; min?: string; about: string }) {
  const about = `${rule.about}: \`${min}\` or longer, or \`off\` for ever.`;
  return duration({ ...rule, about, min, max: '36500d', unless: 'off' });
}

/** Milliseconds; null for `off`. */
function keptFor(text: string): number | null {
  return parseDuration(text) ?? null;
}
