import { closeSync, openSync } from 'node:fs';
import { pino } from 'pino';
import { logTo, pathToLog } from './logging.js';

describe('lines that cannot be written', () => {
  it('are lost, and nothing else', () => {
    const unwritable = openSync(import.meta.filename, 'r');
    const log = pino(logTo(unwritable));
    log.info('nobody reads this');
    log.info('nor this');
    closeSync(unwritable);
  });
});

describe('the path of a request in the log', () => {
  it.each([
    [
      '/v1/workflows/wf_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b/runs?mode=sync',
      '/v1/workflows/wf_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b/runs',
    ],
    [
      '/v1/runs/run_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b/checkpoints/run_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b:12',
      '/v1/runs/run_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b/checkpoints/run_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b:12',
    ],
    [`/v1/approvals/${'AbC1'.repeat(14)}`, '/v1/approvals/AbC1…'],
    [
      `/v1/integrations/acme/connect/${'e30.'.repeat(40)}/${'x-_1'.repeat(11)}`,
      '/v1/integrations/acme/connect/e30.…/x-_1…',
    ],
  ])('of %s is %s', (url, path) => {
    expect(pathToLog(url)).toBe(path);
  });
});
