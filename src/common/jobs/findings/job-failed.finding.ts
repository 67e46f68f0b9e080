import { defineFinding, MOST_IDS } from '../../findings/define-finding.js';
import { count, times } from '../../words.js';
import { type DeadJob } from '../job-views.js';
import { Jobs } from '../jobs.service.js';

/** Of more, the kinds are the same. */
const LOOKED_AT = 500;

export const jobFailed = defineFinding({
  code: 'job-failed',
  severity: 'error',
  title: 'Background work has failed for good',
  remedy:
    'When the reason is mended, have it done again: `POST /v1/admin/jobs/{id}/redrive`. Work that comes by itself again and again ' +
    'needs no redrive. Jobs are kept for 30 days.',
  async find({ get, most }) {
    const byName = new Map<string, DeadJob[]>();
    for (const job of (await get(Jobs).deadJobs({ limit: LOOKED_AT })) ?? []) {
      byName.set(job.name ?? '', [...(byName.get(job.name ?? '') ?? []), job]);
    }
    return [...byName].slice(0, most + 1).map(([name, jobs]) => ({
      summary: `${count(jobs.length, 'job')} ${name} failed for good, tried again ${times(jobs.at(-1)!.retries)}; the last one said: ${jobs.at(-1)!.error}`,
      since: jobs[0]!.failedAt,
      ids: jobs.slice(-MOST_IDS).map(({ id }) => id),
    }));
  },
});
