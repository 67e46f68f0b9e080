import { IsString, Length, Matches } from 'class-validator';
import { PageOf } from '../../common/http/paging/page.dto.js';
import { Optional } from '../../common/http/validation/optional.js';
import { OwnerResponse, type OwnerRow } from '../../users/index.js';
import { RunExplanationResponse } from '../history/explanation.dto.js';
import { RunListQuery, RunSummaryResponse } from '../runs/run.dto.js';
import { type RunView } from '../runs/run-view.js';

export class AllRunsQuery extends RunListQuery {
  /** Runs of this user: the subject at the identity provider. @example user_2abc */
  @Optional()
  @IsString()
  @Length(1, 255)
  user_id?: string;

  /** Runs that failed or were cancelled with this code. @example crash-loop */
  @Optional()
  @Matches(/^[a-z][a-z0-9-]{0,99}$/, { message: 'error_code must be a code such as crash-loop' })
  error_code?: string;
}

/** A run of somebody. What went in and came out is for its owner alone, and so are links to answer approvals. */
export class OwnedRunResponse extends RunSummaryResponse {
  owner: OwnerResponse;

  static of(run: RunView, owner: OwnerRow): OwnedRunResponse {
    const summary = RunSummaryResponse.from(run);
    return Object.assign(new OwnedRunResponse(), summary, { owner: OwnerResponse.from(owner) });
  }
}

export class OwnedRunPage extends PageOf(OwnedRunResponse) {}

export class ExplainedRunResponse extends OwnedRunResponse {
  /** Why it is as it is. */
  explanation: RunExplanationResponse;
}
