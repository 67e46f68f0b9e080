import { type Json } from '../../common/json.js';
import { parseTemplate } from '../expressions/template.js';
import { type NodeSpec } from '../spec/workflow-spec.js';
import { defineLeaf } from './define-node.js';
import { template } from './place.js';

interface WorkflowNode extends NodeSpec {
  readonly workflow_id: string;
  readonly version?: 'published' | number;
  readonly inputs?: Json;
}

export const workflowNode = defineLeaf<WorkflowNode>({
  key: 'workflow',
  title: 'Run a workflow',
  description:
    'Runs another workflow of yours as a run of its own and waits for its end. Its value is the output of that run; a run ' +
    'that does not complete fails the node. At most 8 runs may be inside one another.',
  fields: {
    workflow_id: { type: 'string', pattern: '^wf_[0-9a-f-]{36}$', description: 'The workflow to run.' },
    version: {
      anyOf: [{ const: 'published' }, { type: 'integer', minimum: 1 }],
      description: '`"published"` (default): what is published when the node runs; or the number of a version.',
    },
    inputs: { description: "What the workflow's `inputs` schema asks for, with `${…}` expressions inside." },
  },
  required: ['workflow_id'],
  example: {
    id: 'invoice',
    type: 'workflow',
    workflow_id: 'wf_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b',
    inputs: { id: 1 },
  },
  places: (node) => template('/inputs', node.inputs),
  valueSchema: () => true,
  effect: () => 'write',
  prepare(node) {
    const inputs = parseTemplate(node.inputs ?? {});
    return (execution) => {
      const evaluated = inputs.evaluate(execution.scope);
      execution.showInputs(evaluated);
      return execution.callWorkflow(
        { nodeId: node.id, workflowId: node.workflow_id, version: node.version ?? 'published', inputs: evaluated },
        execution,
      );
    };
  },
});
