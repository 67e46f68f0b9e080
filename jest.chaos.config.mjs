import suite from './jest.config.mjs';

/** `npm run test:chaos`: processes that are killed, frozen and stopped, and a database that goes away. */
export default {
  ...suite,
  testMatch: ['<rootDir>/test/chaos/*.chaos-spec.js'],
  globalSetup: '<rootDir>/test/chaos/support/global-setup.js',
  testTimeout: 120_000,
};
