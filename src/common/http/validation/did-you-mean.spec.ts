import { didYouMean } from './did-you-mean.js';

describe('didYouMean', () => {
  const fields = ['name', 'description', 'workflow_id', 'tags'];

  it.each<[string, string | undefined]>([
    ['nmae', undefined],
    ['nam', 'name'],
    ['descripton', 'description'],
    ['workflowId', 'workflow_id'],
    ['Workflow-ID', 'workflow_id'],
    ['tag', 'tags'],
    ['owner', undefined],
    ['x', undefined],
    ['', undefined],
  ])('%s → %s', (given, meant) => {
    expect(didYouMean(given, fields)).toBe(meant);
  });
});
