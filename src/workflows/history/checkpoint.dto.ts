import { IsString, MaxLength } from 'class-validator';
import { dateOf } from '../../common/database/sql-date.js';
import { PageOf } from '../../common/http/paging/page.dto.js';
import { JsonObject as JsonObjectField, JsonValue } from '../../common/http/validation/json-field.js';
import { Optional } from '../../common/http/validation/optional.js';
import { type Json, type JsonObject } from '../../common/json.js';
import { makeCheckpointId } from '../runs/checkpoint-id.js';

/** A row of the view `workflow_run_checkpoint`, and where the run goes on from there. */
export interface Checkpoint {
  run_id: string;
  step: number;
  node_id: string;
  created_at: string;
  /** Step of the checkpoint before it. */
  parent: number | null;
  next: string[];
}

/** A point of a run: after a node outside of loops came to its end. */
export class CheckpointResponse {
  /** @example run_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b:3 */
  checkpoint_id: string;
  /** The checkpoint before it; null for the first. @example run_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b:2 */
  parent_checkpoint_id: string | null;
  /** How many steps were recorded then, those inside of loops and failed attempts included. @example 3 */
  step: number;
  /** The node that had come to its end. @example todo */
  node_id: string;
  /**
   * Which nodes come next, one for each branch or round that is under way; none when the run was over. A control-flow node
   * is named when all inside of it is done. @example ["title"]
   */
  next: string[];
  /** When its last step had ended. */
  created_at: Date;

  static from(checkpoint: Checkpoint): CheckpointResponse {
    return Object.assign(new CheckpointResponse(), pointOf(checkpoint));
  }
}

export class CheckpointPage extends PageOf(CheckpointResponse) {}

/** What later nodes see at a checkpoint. */
export class CheckpointState {
  @JsonValue({ description: 'What the run was started with, defaults filled in.', example: { id: 1 } })
  inputs: Json;

  @JsonObjectField({
    description:
      'Values of the nodes outside of loops by id; null of one that was skipped. A node whose failure was caught by its ' +
      '`on_error` has none.',
    example: { todo: { status: 200, body: { id: 1 } } },
  })
  nodes: JsonObject;
}

export class CheckpointWithStateResponse extends CheckpointResponse {
  /** What the nodes that come next see. */
  state: CheckpointState;

  static withState(checkpoint: Checkpoint, state: CheckpointState): CheckpointWithStateResponse {
    return Object.assign(new CheckpointWithStateResponse(), pointOf(checkpoint), { state });
  }
}

export class ForkRunRequest {
  /** Where the new run begins: all that is recorded up to here is taken over. @example run_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b:3 */
  @IsString()
  @MaxLength(100)
  checkpoint_id: string;

  @Optional()
  @JsonObjectField({
    required: false,
    description:
      'Values by node id that take the place of recorded ones: later nodes see them. Only of nodes in the `state` of the ' +
      'checkpoint. A control-flow node that is over keeps its value, whatever it was decided from; change it as well.',
    example: { todo: { status: 200, body: { id: 2 } } },
  })
  values?: JsonObject;

  @Optional()
  @JsonValue({
    required: false,
    description: 'Inputs in place of those of the run, for what runs from here on. Checked like those of a start.',
    example: { id: 2 },
  })
  inputs?: Json;
}

function pointOf({ run_id: runId, step, parent, node_id, next, created_at }: Checkpoint): CheckpointResponse {
  return {
    checkpoint_id: makeCheckpointId({ runId, step }),
    parent_checkpoint_id: parent === null ? null : makeCheckpointId({ runId, step: parent }),
    step,
    node_id,
    next,
    created_at: dateOf(created_at),
  };
}
