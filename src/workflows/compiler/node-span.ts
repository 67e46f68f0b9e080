import { codeOf, type SpanOptions } from '../../common/tracing/tracing.js';
import { RunPaused, RunStopped } from '../nodes/node-error.js';
import { type StepStart } from './record-step.js';

/** One attempt at a node. */
export function nodeSpan(type: string, { nodeId, path, attempt }: StepStart): SpanOptions {
  return {
    name: `node ${type}`,
    kind: 'internal',
    attributes: {
      'seer.node.id': nodeId,
      'seer.node.type': type,
      'seer.node.path': path,
      'seer.node.attempt': attempt,
    },
  };
}

/** A node that waits, or that ends the run as it is to, has not failed. */
export function failureOfNode(error: unknown): string | undefined {
  return error instanceof RunPaused || error instanceof RunStopped ? undefined : codeOf(error);
}
