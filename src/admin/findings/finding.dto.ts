import { ApiProperty } from '@nestjs/swagger';
import { type Finding, severities, type Severity, type Trouble } from '../../common/findings/define-finding.js';

/** Something that is wrong. */
export class OperatorFindingResponse {
  /** Stable, for programs. @example worker-lost */
  code: string;
  /** `error`: something does not work. `warning`: it works, and will not for long, or not as somebody wishes. */
  @ApiProperty({ enum: severities })
  severity: Severity;
  /** @example A process died while it executed runs */
  title: string;
  /** What is wrong, of whom, and why. @example The last 5 runs of "Weekly report" of ada@example.com failed. */
  summary: string;
  /** What to do about it. */
  remedy: string;
  /** Null: nobody knows. */
  since: Date | null;
  /** What it is about: public ids, 20 or so when there are many. @example ["wf_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b"] */
  ids: string[];

  static from({ code, severity, title, remedy }: Finding, { summary, since, ids }: Trouble): OperatorFindingResponse {
    return Object.assign(new OperatorFindingResponse(), {
      ...{ code, severity, title, remedy, summary, since },
      ids: [...ids],
    } satisfies OperatorFindingResponse);
  }
}

/** Everything that is wrong at one moment. */
export class OperatorFindingsResponse {
  checked_at: Date;
  /** Errors come first. Empty: nothing is wrong. */
  items: OperatorFindingResponse[];
  /** Codes of which there are more than are shown. @example ["subscription-late"] */
  more: string[];
}
