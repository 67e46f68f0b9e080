import { ApiProperty } from '@nestjs/swagger';
import { type RetentionPass } from './retention-pass.entity.js';
import { type RuleState } from './pruning.service.js';

export class RetentionRuleResponse {
  /** @example runs.completed */
  what: string;
  /** For so many seconds; null: for ever. @example 2592000 */
  @ApiProperty({ type: 'integer', nullable: true })
  keep_seconds: number | null;
  /** About how many rows the next pass would delete: an estimate from the statistics of the database. @example 1200 */
  @ApiProperty({ type: 'integer' })
  due_estimate: number;
}

export class RetentionPassResponse {
  started_at: Date;
  /** Null while it is under way. */
  finished_at: Date | null;
  /** How long it has taken; null while it is under way. @example 12.5 */
  seconds: number | null;
  /** How many rows it has deleted, by what they are. Steps of runs are not counted. */
  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'integer' },
    example: { runs: 1200, events: 40, idempotency: 900 },
  })
  rows: Record<string, number>;

  static from({ startedAt, finishedAt, rows }: RetentionPass): RetentionPassResponse {
    return Object.assign(new RetentionPassResponse(), {
      started_at: startedAt,
      finished_at: finishedAt,
      seconds: finishedAt && (finishedAt.getTime() - startedAt.getTime()) / 1_000,
      rows: { ...rows },
    });
  }
}

/** What is kept for how long. */
export class RetentionResponse {
  rules: RetentionRuleResponse[];
  /** Null before the first one. */
  last_pass: RetentionPassResponse | null;

  static from(rules: readonly RuleState[], lastPass: RetentionPass | null): RetentionResponse {
    return Object.assign(new RetentionResponse(), {
      rules: rules.map(({ what, keep, due }) => ({ what, keep_seconds: keep && keep / 1_000, due_estimate: due })),
      last_pass: lastPass && RetentionPassResponse.from(lastPass),
    });
  }
}

/** A pass will begin. */
export class PruneResponse {
  /** The job that does it. @example prune */
  job: string;
  /** False when one waited already: then that does it. */
  is_new: boolean;
}
