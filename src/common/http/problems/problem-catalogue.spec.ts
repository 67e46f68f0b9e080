import { httpProblems } from './http-problems.js';
import { ProblemCatalogue } from './problem-catalogue.js';

describe('ProblemCatalogue', () => {
  it('finds the explanations of all modules', () => {
    const catalogue = new ProblemCatalogue([
      httpProblems,
      { 'run-lost': { title: 'Run lost', explanation: 'Look again.' } },
    ]);
    expect(catalogue.titleOf('run-lost')).toBe('Run lost');
    expect(catalogue.titleOf('body-too-large')).toBe('Body too large');
  });

  it('makes a title of a code that nobody explained', () => {
    expect(new ProblemCatalogue([]).titleOf('draft-revision-stale')).toBe('Draft revision stale');
  });

  it('refuses to explain a code twice', () => {
    expect(() => new ProblemCatalogue([httpProblems, httpProblems])).toThrow('explained twice');
  });
});
