import { type Json } from '../../common/json.js';
import { toolCatalogue } from '../../integrations/index.js';
import { Compiler } from '../compiler/compile-workflow.js';
import { nodeCatalogue } from '../nodes/catalogue.js';
import { concurrencyOf } from './run-concurrency.js';

const compiler = new Compiler({ nodeTypes: nodeCatalogue, tools: toolCatalogue });

function keyOf(inputs: Json, { key = 'inputs', workflowId = '3', userId = '7' } = {}): string {
  const spec = {
    version: '1',
    nodes: [{ id: 'a', type: 'set', value: 1 }],
    settings: { concurrency: { key, limit: 1 } },
  };
  const target = {
    compiled: compiler.compile(key, spec),
    workflow: workflowId ? { uuid: '0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b', id: workflowId } : null,
    version: workflowId ? { id: '1', number: 4 } : null,
    spec: null,
  };
  return concurrencyOf(target, { userId, inputs, trigger: null, source: 'MANUAL' })!.key;
}

describe('the stored concurrency key', () => {
  it('is the JSON of the value after whose runs they are', () => {
    expect(keyOf('Rome')).toBe('w3:"Rome"');
    expect(keyOf('Rome', { workflowId: '' })).toBe('u7:"Rome"');
    expect(keyOf(null, { key: '[run.workflow_id, run.version, run.source]' })).toBe(
      'w3:["wf_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b",4,"MANUAL"]',
    );
  });

  it('is the same for the same value, and different for different ones', () => {
    expect(keyOf({ a: 1, b: 2 })).toBe(keyOf({ b: 2, a: 1 }));
    const values: Json[] = ['1', 1, true, 'true', null, 'null', [], ['1'], {}, '', ' ', 'x'.repeat(500)];
    expect(new Set(values.map((value) => keyOf(value))).size).toBe(values.length);
  });

  it('has a bounded length', () => {
    for (const value of ['é'.repeat(100_000), '😀'.repeat(90), '"'.repeat(150)]) {
      expect(Buffer.byteLength(keyOf(value))).toBeLessThan(1_000);
    }
  });
});
