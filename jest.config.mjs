/**
 * Jest runs the compiled tree, the very files that ship: one compiler, and the OpenAPI document of the tests is the
 * one that users get (the Swagger plugin works only with tsc). `npm test` builds first.
 */
export default {
  rootDir: 'dist',
  testEnvironment: 'node',
  transform: {},
  testMatch: ['<rootDir>/src/**/*.spec.js', '<rootDir>/test/**/*.e2e-spec.js'],
  globalTeardown: '<rootDir>/test/support/global-teardown.js',
  globalSetup: '<rootDir>/test/support/global-setup.js',
  testTimeout: 120_000,
  maxWorkers: 2,
};
