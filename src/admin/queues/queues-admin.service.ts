import { Injectable } from '@nestjs/common';
import { Jobs } from '../../common/jobs/jobs.service.js';
import { MOST_COUNTED, RunLoad } from '../../workflows/index.js';
import { JobQueueResponse, QueuesResponse, RunQueueResponse } from './queue.dto.js';

@Injectable()
export class QueuesAdminService {
  constructor(
    private readonly jobs: Jobs,
    private readonly load: RunLoad,
  ) {}

  async get(): Promise<QueuesResponse> {
    const [runs, queues] = await Promise.all([this.load.state(), this.jobs.queues()]);
    return Object.assign(new QueuesResponse(), {
      runs: RunQueueResponse.from(runs, MOST_COUNTED),
      jobs: queues.map((queue) => JobQueueResponse.from(queue)),
    });
  }
}
