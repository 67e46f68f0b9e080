import { Injectable } from '@nestjs/common';
import { Jobs } from '../../common/jobs/jobs.service.js';
import { RunLoad } from '../../workflows/index.js';
import { WorkerResponse, WorkersResponse } from './worker.dto.js';

@Injectable()
export class WorkersAdminService {
  constructor(
    private readonly jobs: Jobs,
    private readonly load: RunLoad,
  ) {}

  async list(): Promise<WorkersResponse> {
    const [workers, processes] = await Promise.all([this.load.workers(), this.jobs.processes()]);
    // A container that was killed comes back under the same name: what is known of it is what it said last.
    processes.sort((a, b) => a.heartbeatAt.getTime() - b.heartbeatAt.getTime());
    const byName = new Map(processes.map((process) => [process.name, process]));
    const names = new Set(workers.map(({ name }) => name));
    const others = [...byName.values()].filter(({ name }) => !names.has(name));
    const items = [
      ...workers.map((worker) => WorkerResponse.ofWorker(worker, byName.get(worker.name))),
      ...others.map((process) => WorkerResponse.ofProcess(process)),
    ].toSorted((a, b) => b.heartbeat_at.getTime() - a.heartbeat_at.getTime());
    return Object.assign(new WorkersResponse(), { items });
  }
}
