import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { allOf, type Condition } from '../../common/database/conditions.js';
import { CursorCodec } from '../../common/http/paging/cursor.js';
import { type Page } from '../../common/http/paging/page.dto.js';
import { loadPage } from '../../common/http/paging/page.js';
import { parsePublicId } from '../../common/public-id.js';
import { ownerColumns, Owners, type OwnerRow, type Principal } from '../../users/index.js';
import { ExplainService } from '../history/explain.service.js';
import { RunControl } from '../runs/run-control.service.js';
import { type RunRow } from '../runs/run-rows.js';
import { conditionsOf, runJoins, summaryColumns } from '../runs/run-select.js';
import { viewOfRow } from '../runs/run-view.js';
import { RunNotFoundError } from '../runs/run.errors.js';
import { type AllRunsQuery, type ExplainedRunResponse, OwnedRunResponse } from './all-runs.dto.js';

type OwnedRow = RunRow & OwnerRow & { user_id: string };

/** Runs of all users, for whoever looks after the installation. */
@Injectable()
export class AllRuns {
  constructor(
    private readonly em: EntityManager,
    private readonly cursors: CursorCodec,
    private readonly owners: Owners,
    private readonly control: RunControl,
    private readonly explanations: ExplainService,
  ) {}

  /** Newest first. @throws CursorInvalidError */
  async list(caller: Principal, query: AllRunsQuery): Promise<Page<OwnedRunResponse>> {
    const { limit: _limit, cursor: _cursor, ...filter } = query;
    const ofUser = await this.owners.condition('r.user_id', query.user_id);
    return loadPage(this.cursors, {
      query,
      scope: { owner: caller.userId, list: 'runs of all', filter },
      load: (count, position) =>
        this.rows(
          [
            ...ofUser,
            ...withCode(query.error_code),
            ...conditionsOf(query, position === undefined ? undefined : String(position[0])),
          ],
          count,
        ),
      positionOf: (row) => [row.run_id],
      toItem: (row) => responseOf(row),
    });
  }

  /** @throws RunNotFoundError */
  async get(publicId: string): Promise<ExplainedRunResponse> {
    const row = await this.find(publicId);
    const explanation = await this.explanations.explain({ userId: row.user_id }, publicId);
    return Object.assign(responseOf(row), { explanation });
  }

  /** With the runs it has started; one that is over stays as it is. @throws RunNotFoundError */
  async cancel(publicId: string): Promise<OwnedRunResponse> {
    const { user_id: userId } = await this.find(publicId);
    await this.control.cancel({ userId }, publicId, 'The run was cancelled by an administrator.');
    return responseOf(await this.find(publicId));
  }

  private async find(publicId: string): Promise<OwnedRow> {
    const [row] = await this.rows([['r.run_id = ?', parsePublicId('run', publicId) ?? null]], 1);
    if (!row) throw new RunNotFoundError(publicId);
    return row;
  }

  private rows(conditions: readonly Condition[], count: number): Promise<OwnedRow[]> {
    const { sql, values } = allOf(conditions);
    return this.em.execute<OwnedRow[]>(
      `select ${summaryColumns}, r.user_id, ${ownerColumns} ${runJoins} join "user" u on u.id = r.user_id
       where ${sql} order by r.run_id desc limit ?`,
      [...values, count],
    );
  }
}

/** As the index `workflow_run_error` has it. */
function withCode(code: string | undefined): Condition[] {
  if (code === undefined) return [];
  return [[`r.status in ('FAILED', 'CANCELLED') and r.error_detail ->> 'code' = ?`, code]];
}

function responseOf(row: OwnedRow): OwnedRunResponse {
  return OwnedRunResponse.of(
    viewOfRow(row, () => null),
    row,
  );
}
