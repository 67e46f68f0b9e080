import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort, Program } from './support/program.js';

const key = 'a-key-that-is-given-for-this-test-only';
const programs: Program[] = [];
let directory: string;
let port: number;
let forecastPort: number;

/** What `npm start` runs, and the example's server, each on a free port in place of the one the README names. */
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'seer-readme-'));
  await chmod(directory, 0o711);
  [port, forecastPort] = [await freePort(), await freePort()];
  const environment = {
    PORT: String(port),
    SEER_DATA_DIR: join(directory, 'data'),
    SEER_BOOTSTRAP_API_KEY: key,
    LOG_LEVEL: 'warn',
  };
  programs.push(new Program('dist/src/main.js', environment));
  programs.push(new Program('examples/forecast-server.mjs', { FORECAST_PORT: String(forecastPort) }));
  await programs[0]!.says('Seer is ready');
  await programs[1]!.says('Forecasts at');
});

afterAll(async () => {
  await Promise.all(programs.map((program) => program.stop()));
  await rm(directory, { recursive: true, force: true });
});

describe('the README', () => {
  it('leads from a start to a COMPLETED run by its three calls', async () => {
    const script = await commandsAfter('Three calls:');
    const { stdout } = await promisify(execFile)('bash', ['-euc', await adapted(script)], {
      env: { ...process.env, SEER_API_KEY: key },
    });
    const run = JSON.parse(stdout.slice(stdout.lastIndexOf('{"run_id"')));
    expect(run).toMatchObject({
      status: 'COMPLETED',
      outputs: {
        city: 'Lisbon',
        rainy_days: 3,
        advice: ['Day 2: take an umbrella (4.2 mm)', 'Day 4: stay in (11 mm)', 'Day 6: take an umbrella (0.8 mm)'],
      },
    });
  });

  it('shows the answer that the calls give', async () => {
    const readme = await readFile('README.md', 'utf8');
    const shown = JSON.parse(/```json\n([\s\S]*?)```/.exec(readme)![1]!);
    expect(shown.outputs.advice).toHaveLength(3);
  });
});

/** The first shell block after this sentence. */
async function commandsAfter(sentence: string): Promise<string> {
  const readme = await readFile('README.md', 'utf8');
  return /```sh\n([\s\S]*?)```/.exec(readme.slice(readme.indexOf(sentence)))![1]!;
}

/** The commands with the ports of this test; the workflow itself names the forecast server's. */
async function adapted(script: string): Promise<string> {
  const workflow = (await readFile('examples/rain-alert.json', 'utf8')).replace('4010', String(forecastPort));
  return `cat > ${directory}/rain-alert.json <<'JSON'\n${workflow}\nJSON\n${script
    .replaceAll('127.0.0.1:3000', `127.0.0.1:${port}`)
    .replace('examples/rain-alert.json', `${directory}/rain-alert.json`)}`;
}
