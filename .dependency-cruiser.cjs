/**
 * The line of modules: imports only point left, and other modules see only a module's index.ts.
 * docs/decisions/0001-modules-in-a-line.md says why; test/boundaries.e2e-spec.ts plants violations.
 */
const line = ['common', 'users', 'oauth', 'integrations', 'workflows', 'triggers', 'admin'];
const right = (module) => line.slice(line.indexOf(module) + 1).concat('health');

module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      comment: 'Two files that need each other are one file, or a third one is missing.',
      severity: 'error',
      from: {},
      // Entities refer to each other; MikroORM resolves that by functions.
      to: { circular: true, viaOnly: { pathNot: '\\.entity\\.ts$' } },
    },
    ...line.map((module) => ({
      name: `${module}-points-left`,
      comment: `What ${module} must tell ${right(module).join(', ')} travels as an argument, an observer or a job.`,
      severity: 'error',
      from: { path: `^src/${module}/` },
      to: { path: `^src/(${right(module).join('|')})/` },
    })),
    ...line
      .filter((module) => module !== 'common')
      .map((module) => ({
        name: `${module}-by-its-face`,
        comment: `Others import src/${module}/index.ts only.`,
        severity: 'error',
        from: { path: '^src/', pathNot: `^src/${module}/` },
        to: { path: `^src/${module}/`, pathNot: `^src/${module}/index\\.ts$` },
      })),
    {
      name: 'one-place-names-cel',
      severity: 'error',
      from: { pathNot: '^src/workflows/expressions/' },
      to: { path: 'node_modules/@marcbachmann/cel-js' },
    },
    {
      name: 'one-place-names-pg-boss',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/common/jobs/' },
      to: { path: 'node_modules/pg-boss' },
    },
    {
      name: 'one-place-names-langgraph',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(workflows/compiler|integrations/models)/' },
      to: { path: 'node_modules/@langchain' },
    },
    {
      name: 'models-know-no-graphs',
      severity: 'error',
      from: { path: '^src/integrations/' },
      to: { path: 'node_modules/@langchain/langgraph' },
    },
    {
      name: 'one-way-out',
      comment: 'Every outbound HTTP request goes through the egress client.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/common/egress/' },
      to: { path: 'node_modules/undici|^(node:)?https$' },
    },
    {
      name: 'product-does-not-need-tests',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.spec(-helper)?\\.ts$' },
      to: { path: '^(test|bench)/|\\.spec(-helper)?\\.ts$' },
    },
    {
      name: 'no-development-dependencies',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.spec(-helper)?\\.ts$' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
