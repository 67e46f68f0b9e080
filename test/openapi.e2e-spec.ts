import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startApp, type TestApp } from './support/app.js';

interface Operation {
  operationId: string;
  summary?: string;
  security?: object[];
  responses: Record<string, unknown>;
  'x-required-scope'?: string;
}

let seer: TestApp;
let document: { paths: Record<string, Record<string, Operation>> };

beforeAll(async () => {
  seer = await startApp();
  document = (await (await fetch(`${seer.url}/openapi.json`)).json()) as typeof document;
});

afterAll(() => seer.close());

/**
 * Two paths that a program could mix up, and people don't: no provider is called `connections`. And a redirect is an answer
 * in good order.
 */
const skipped = ['--skip-rule', 'no-ambiguous-paths', '--skip-rule', 'operation-2xx-response'];

const operations = () =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );

describe('the OpenAPI document', () => {
  it('passes redocly lint', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'seer-openapi-'));
    const file = join(directory, 'openapi.json');
    await writeFile(file, JSON.stringify(document));
    try {
      const redocly = join('node_modules', '@redocly', 'cli', 'bin', 'cli.js');
      const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
      const { stderr, stdout } = await promisify(execFile)(process.execPath, [redocly, 'lint', ...skipped, file], {
        env,
      });
      expect(stdout + stderr).toContain('Your API description is valid');
      expect(stdout + stderr).not.toMatch(/\d+ (error|warning)/);
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it('says of every operation what it does and who may call it', () => {
    for (const { operation } of operations()) {
      expect(operation).toMatchObject({
        operationId: expect.any(String),
        summary: expect.any(String),
        security: expect.any(Array),
      });
    }
  });

  it('lets nobody in without credentials but where it says so', async () => {
    const open: string[] = [];
    for (const { method, path } of operations()) {
      const answer = await seer.stranger.call(method, path.replaceAll(/\{\w+\}/g, 'x'));
      if (answer.status !== 401) open.push(`${method} ${path}`);
    }
    expect(open).toEqual([
      'GET /problems/{code}',
      'POST /v1/webhooks/clerk',
      'GET /v1/integrations/{provider}/callback',
      'GET /v1/integrations/{provider}/connect/{token}',
      'GET /v1/integrations/{provider}/connect/{token}/{proof}',
      'GET /v1/approvals/{token}',
      'POST /v1/approvals/{token}',
      'POST /v1/approval-forms/{token}',
      'POST /v1/hooks/{token}',
      'GET /v1/forms/{token}',
      'POST /v1/forms/{token}',
      'GET /health/live',
      'GET /health/ready',
    ]);
  });
});
