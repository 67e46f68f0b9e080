import { canonicalJson, hashJson } from '../../common/canonical-json.js';
import { type Json } from '../../common/json.js';
import { makePublicId } from '../../common/public-id.js';
import { ExpressionError } from '../expressions/expression-error.js';
import { type RunConcurrency } from './engine/rows.js';
import { ConcurrencyKeyInvalidError } from './run.errors.js';
import { type WorkflowRunSource } from './run-status.js';
import { type RunTarget } from './run-target.js';

/** Longer keys are kept as their hash: they are in two indexes, whose entries have a limit (2,704 bytes). */
const LONGEST_KEY = 200;

/** What a new run is started with. `inputs` satisfy the workflow's schema, defaults filled in. */
export interface NewRunAbout {
  readonly userId: string;
  readonly inputs: Json;
  readonly trigger: Json;
  readonly source: WorkflowRunSource;
}

/**
 * The limit that a new run obeys; undefined when its workflow sets none.
 * @throws ConcurrencyKeyInvalidError
 */
export function concurrencyOf(target: RunTarget, about: NewRunAbout): RunConcurrency | undefined {
  const { compiled, workflow } = target;
  if (!compiled.concurrency) return undefined;
  const { limit, onLimit } = compiled.concurrency;
  const value = evaluateKey(target, about);
  const text = canonicalJson(value);
  const owner = workflow ? `w${workflow.id}` : `u${about.userId}`;
  // JSON text never begins with "sha256".
  return { key: `${owner}:${text.length > LONGEST_KEY ? `sha256:${hashJson(value)}` : text}`, limit, onLimit };
}

function evaluateKey({ compiled, workflow, version }: RunTarget, { inputs, trigger, source }: NewRunAbout): Json {
  const run = {
    workflow_id: workflow && makePublicId('workflow', workflow.uuid),
    version: version?.number ?? null,
    source,
  };
  try {
    return compiled.concurrency!.key({ inputs, trigger, run });
  } catch (error) {
    if (error instanceof ExpressionError) throw new ConcurrencyKeyInvalidError(error);
    throw error;
  }
}
