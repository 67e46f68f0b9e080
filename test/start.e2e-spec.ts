import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { Agent, type IncomingMessage, request, type RequestOptions } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createTestDatabase } from './support/database.js';
import { specOf } from './support/factories.js';
import { json, startPeer } from './support/peer.js';
import { freePort, Program } from './support/program.js';

let directory: string;
const programs: Program[] = [];

beforeEach(async () => {
  directory = join(await mkdtemp(join(tmpdir(), 'seer-start-')), 'data');
  await chmod(dirname(directory), 0o711);
});

afterEach(async () => {
  await Promise.all(programs.splice(0).map((program) => program.stop()));
  await rm(dirname(directory), { recursive: true, force: true });
});

async function start(variables: Record<string, string> = {}): Promise<{ program: Program; url: string }> {
  const port = variables.PORT ?? String(await freePort());
  const program = new Program('dist/src/main.js', {
    PORT: port,
    SEER_DATA_DIR: directory,
    LOG_LEVEL: 'warn',
    ...variables,
  });
  programs.push(program);
  return { program, url: `http://127.0.0.1:${port}` };
}

const keyIn = (output: string) => /sk_[\w-]{43}/.exec(output)?.[0];

describe('npm start', () => {
  it('prints where everything is and, once, an admin API key; a restart keeps data and key', async () => {
    const first = await start();
    await first.program.says('Admin API key');
    expect(first.program.output).toContain(`Seer is ready at ${first.url}`);
    expect(first.program.output).toContain(`${first.url}/docs`);
    expect(first.program.output).toContain(directory);
    const authorization = `Bearer ${keyIn(first.program.output)}`;
    const me = await fetch(`${first.url}/v1/me`, { headers: { authorization } });
    expect(await me.json()).toMatchObject({ role: 'admin', issuer: 'seer' });
    expect(await first.program.stop()).toBe(0);

    const second = await start();
    await second.program.says('Database');
    expect(keyIn(second.program.output)).toBeUndefined();
    expect((await fetch(`${second.url}/v1/me`, { headers: { authorization } })).status).toBe(200);
  });

  it('keeps the master key for its owner only, and stops its database with it', async () => {
    const { program } = await start();
    await program.says('Seer is ready');
    expect((await stat(join(directory, 'master.key'))).mode & 0o777).toBe(0o600);
    await program.stop();
    const log = await readFile(join(directory, 'postgres', 'server.log'), 'utf8');
    expect(log).toContain('database system is shut down');
  });

  it('ends with a sentence that names a wrong variable, and leaves nothing behind', async () => {
    const { program } = await start({ SEER_ROLE: 'everything' });
    expect(await program.ended).toBe(1);
    expect(program.output).toContain('SEER_ROLE must be one of all, api, worker, not "everything"');
    expect(existsSync(join(directory, 'postgres'))).toBe(false);
  });

  it('refuses a database of others without a master key, and writes nothing into it', async () => {
    const { program } = await start({ DATABASE_URL: await createTestDatabase() });
    expect(await program.ended).toBe(1);
    expect(program.output).toContain('SEER_MASTER_KEY');
    expect(program.output).not.toMatch(/\n\s+at /);
  });

  it('says which port is taken', async () => {
    const first = await start();
    await first.program.says('Seer is ready');
    const other = `${directory}-other`;
    const second = await start({ PORT: new URL(first.url).port, SEER_DATA_DIR: other });
    expect(await second.program.ended).toBe(1);
    expect(second.program.output).toMatch(/port \d+ .* in use/i);
    expect(second.program.output).not.toMatch(/\n\s+at /);
  });

  it('ends requests in progress before it stops', async () => {
    const { program, url } = await start();
    await program.says('Admin API key');
    let stopped: Promise<number | null> | undefined;
    // The run is under way for certain: it is its own request that has the program stopped.
    const peer = await startPeer((_request, response) => {
      stopped = program.stop();
      setTimeout(() => json(response, { ok: true }), 300);
    });
    const headers = { authorization: `Bearer ${keyIn(program.output)}`, 'content-type': 'application/json' };
    const spec = specOf([{ id: 'call', type: 'tool', tool: 'http.request', inputs: { url: peer.url } }]);
    const answer = await fetch(`${url}/v1/runs?mode=sync`, { method: 'POST', headers, body: JSON.stringify({ spec }) });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ status: 'COMPLETED', outputs: { body: { ok: true } } });
    expect(await stopped).toBe(0);
    await peer.close();
  });

  it('serves the connections that are open until they end, and accepts no new one, while it stops', async () => {
    const { program, url } = await start();
    await program.says('Seer is ready');
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const get = (options: RequestOptions = {}) =>
      new Promise<IncomingMessage>((resolve, reject) => {
        request(`${url}/health/ready`, options, (answer) => answer.resume().on('end', () => resolve(answer)))
          .on('error', reject)
          .end();
      });
    expect((await get({ agent })).headers.connection).toBe('keep-alive');
    const stopped = program.stop();
    let refused: unknown;
    while (refused === undefined) await get({ agent: false }).catch((error: unknown) => (refused = error));
    // Reset: it came while the door was being closed.
    expect(refused).toMatchObject({ code: expect.stringMatching(/^ECONN(REFUSED|RESET)$/) });
    const last = await get({ agent });
    expect(last).toMatchObject({ statusCode: 503, headers: { connection: 'close' } });
    expect(await stopped).toBe(0);
    agent.destroy();
  });
});
