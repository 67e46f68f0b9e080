import { Injectable } from '@nestjs/common';
import { CursorCodec, CursorInvalidError } from '../../common/http/paging/cursor.js';
import { type Page } from '../../common/http/paging/page.dto.js';
import { loadPage } from '../../common/http/paging/page.js';
import { Jobs } from '../../common/jobs/jobs.service.js';
import { isUuid } from '../../common/public-id.js';
import { type Principal } from '../../users/index.js';
import { type JobQuery, JobResponse, type RedrivenJobResponse } from './job.dto.js';
import { JobNotFoundError, JobWaitsError } from './job.errors.js';

/** Background work that nobody tries any more. */
@Injectable()
export class JobsAdminService {
  constructor(
    private readonly jobs: Jobs,
    private readonly cursors: CursorCodec,
  ) {}

  /** Oldest first: the order in which they are redriven. @throws CursorInvalidError also when its job was redriven */
  list(caller: Principal, query: JobQuery): Promise<Page<JobResponse>> {
    return loadPage(this.cursors, {
      query,
      scope: { owner: caller.userId, list: 'failed jobs' },
      load: async (limit, position) => {
        const jobs = await this.jobs.deadJobs({ limit, ...(position && { after: String(position[0]) }) });
        if (!jobs) throw new CursorInvalidError();
        return jobs;
      },
      positionOf: ({ id }) => [id],
      toItem: (job) => JobResponse.from(job),
    });
  }

  /** @throws JobNotFoundError, JobWaitsError */
  async redrive(id: string): Promise<RedrivenJobResponse> {
    const outcome = isUuid(id) ? await this.jobs.redrive(id) : 'gone';
    if (outcome === 'gone') throw new JobNotFoundError(id);
    if (outcome === 'waits') throw new JobWaitsError(id);
    return { job_id: id };
  }
}
