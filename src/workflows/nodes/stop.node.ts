import { type Json } from '../../common/json.js';
import { parseTemplate } from '../expressions/template.js';
import { type NodeSpec } from '../spec/workflow-spec.js';
import { defineLeaf } from './define-node.js';
import { RunStopped } from './node-error.js';
import { template } from './place.js';

interface StopNode extends NodeSpec {
  readonly output?: Json;
}

export const stopNode = defineLeaf<StopNode>({
  key: 'stop',
  title: 'Stop',
  description: 'Ends the run here as COMPLETED, with `output` as its output (null when left out).',
  fields: { output: { description: 'Any JSON with `${…}` expressions inside.' } },
  required: [],
  example: { id: 'enough', type: 'stop', output: { reason: 'nothing to do' } },
  places: (node) => template('/output', node.output),
  valueSchema: () => true,
  endsRun: true,
  prepare(node) {
    const output = parseTemplate(node.output ?? null);
    return ({ scope }) => {
      throw new RunStopped(output.evaluate(scope));
    };
  },
});
