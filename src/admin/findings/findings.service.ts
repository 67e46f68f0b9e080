import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable, Logger } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { asDatabaseUnavailable } from '../../common/database/database.errors.js';
import { type Finding, type Trouble } from '../../common/findings/define-finding.js';
import { findings } from './catalogue.js';
import { checkFailed } from './check-failed.js';
import { OperatorFindingResponse, OperatorFindingsResponse } from './finding.dto.js';

/** Of each kind so many are shown. */
const MOST = 20;
const TIME_LIMIT_MS = 5_000;
/** SQLSTATE of a statement that has met its time limit. */
const TIMED_OUT = '57014';

/** Looks for everything that is wrong with the installation: for `GET /v1/admin/findings` and for the command line. */
@Injectable()
export class Findings {
  private readonly log = new Logger(Findings.name);

  constructor(
    private readonly em: EntityManager,
    private readonly modules: ModuleRef,
  ) {}

  /**
   * Makes all checks, one after the other. One that fails is a finding itself, and keeps no other from being made.
   * @throws DatabaseUnavailableError
   */
  async list(): Promise<OperatorFindingsResponse> {
    const found: OperatorFindingResponse[] = [];
    const more: string[] = [];
    for (const finding of findings) {
      const troubles = await this.check(finding, found);
      if (troubles.length > MOST) more.push(finding.code);
      found.push(...troubles.slice(0, MOST).map((trouble) => OperatorFindingResponse.from(finding, trouble)));
    }
    const items = [...found.filter(isError), ...found.filter((one) => !isError(one))];
    return Object.assign(new OperatorFindingsResponse(), { checked_at: new Date(), items, more });
  }

  private async check(finding: Finding, found: OperatorFindingResponse[]): Promise<Trouble[]> {
    try {
      return await this.find(finding);
    } catch (error) {
      const timedOut = (error as { code?: unknown }).code === TIMED_OUT;
      const unavailable = timedOut ? undefined : asDatabaseUnavailable(error);
      if (unavailable) throw unavailable;
      this.log.error({ err: error, finding: finding.code }, 'A check failed');
      const why = timedOut ? `it took longer than ${TIME_LIMIT_MS / 1_000} s` : 'the log has the reason';
      found.push(OperatorFindingResponse.from(...checkFailed(finding, why)));
      return [];
    }
  }

  private find(finding: Finding): Promise<Trouble[]> {
    return this.em.fork().transactional(
      async (em) => {
        await em.execute(`set local statement_timeout = ${TIME_LIMIT_MS}`);
        return finding.find({
          em,
          most: MOST,
          get: (token) => this.modules.get(token, { strict: false }),
        });
      },
      { readOnly: true },
    );
  }
}

function isError({ severity }: OperatorFindingResponse): boolean {
  return severity === 'error';
}
