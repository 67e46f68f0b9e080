/**
 * Jest runs the compiled tree, the very files that ship: one compiler, and the OpenAPI document of the tests is the
 * one that users get (the Swagger plugin works only with tsc). `npm test` builds first.
 */
export default {
  rootDir: 'dist',
  testEnvironment: '<rootDir>/test/support/jest-environment.js',
  testRunner: '<rootDir>/test/support/jest-runner.js',
  transform: {},
  testMatch: ['<rootDir>/src/**/*.spec.js', '<rootDir>/test/**/*.e2e-spec.js'],
  globalTeardown: '<rootDir>/test/support/global-teardown.js',
  globalSetup: '<rootDir>/test/support/global-setup.js',
  testTimeout: 300_000,
  // Node's streams use the same one.
  fakeTimers: { doNotFake: ['nextTick'] },
  maxWorkers: 2,
};
