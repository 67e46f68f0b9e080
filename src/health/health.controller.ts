import { MikroORM } from '@mikro-orm/postgresql';
import { Controller, Get, type OnModuleDestroy } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DatabaseUnavailableError } from '../common/database/database.errors.js';
import { DomainError } from '../common/errors.js';
import { Public } from '../common/http/access.js';

/** The process (and, for `ready`, its database) is in order. */
export class HealthResponse {
  /** Always `ok`; a process that isn't answers with a problem, or not at all. @example ok */
  status: string;
}

/** The process stops; another one answers. */
export class StoppingError extends DomainError {
  readonly code = 'stopping';
  readonly kind = 'unavailable';
  override readonly retryAfter = 1;

  constructor() {
    super('This process is stopping: send requests to another one.');
  }
}

/** A database that does not answer a trivial query for this long is as good as away. */
const PATIENCE_MS = 2_000;

@ApiTags('Operations')
@Controller('health')
export class HealthController implements OnModuleDestroy {
  private stopping = false;

  constructor(private readonly orm: MikroORM) {}

  /** The first thing that is called when the process stops. */
  onModuleDestroy(): void {
    this.stopping = true;
  }

  /** Answers while the process runs, whatever the database does: restarting would not help it. */
  @Public()
  @Get('live')
  live(): HealthResponse {
    return { status: 'ok' };
  }

  /** Answers 200 while this process can serve requests, 503 while the database is away or it is stopping. */
  @Public()
  @Get('ready')
  async ready(): Promise<HealthResponse> {
    if (this.stopping) throw new StoppingError();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new DatabaseUnavailableError(`no answer within ${PATIENCE_MS} ms`)), PATIENCE_MS);
    });
    await Promise.race([this.orm.em.fork().execute('select 1'), late]).finally(() => clearTimeout(timer));
    return { status: 'ok' };
  }
}
