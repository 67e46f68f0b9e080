import { type Json } from '../../common/json.js';
import { type Scope } from '../nodes/execution.js';
import { type RunContext } from './run-context.js';

/** A block, compiled: can be executed any number of times, side by side. */
export interface CompiledBlock {
  /**
   * @param scope what the block sees from outside
   * @param frame indexes of the loops around it, such as `[7]`
   * @returns the value of its last node, and all it saw at its end
   * @throws NodeFailure, RunStopped, or the reason of the run's signal
   */
  run(scope: Scope, frame: string, context: RunContext): Promise<{ value: Json; scope: Scope }>;
}
