import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import { type Tool, toolCatalogue } from '../src/integrations/index.js';
import { startApp, type TestApp } from './support/app.js';
import { json, type Peer, startPeer } from './support/peer.js';
import { makeResource, runTool } from './support/resources.js';

let source: string;
let file: string;
let directory: string;
let seer: TestApp;
let service: Peer;

beforeAll(async () => {
  const page = await readFile('docs/integrations.md', 'utf8');
  const shown = page.slice(page.indexOf('### Write your own'));
  file = resolve(/`(src\/[^`]+\.tool\.ts)`/.exec(shown)![1]!);
  source = /```ts\n([\s\S]*?)```/.exec(shown)![1]!;
  directory = await mkdtemp(join(tmpdir(), 'seer-documented-'));
  service = await startPeer((request, response) => {
    const allowed = request.headers.authorization === 'Bearer weather-key';
    json(response, allowed ? { celsius: 21.5, asked: request.url } : { error: 'no' }, allowed ? 200 : 401);
  });
});

afterAll(async () => {
  await seer?.close();
  await service.close();
  await rm(directory, { recursive: true, force: true });
});

/** Faults of the page's file, as if it stood where it says. */
function compileFaults(): string[] {
  const { config } = ts.readConfigFile('tsconfig.json', (path) => ts.sys.readFile(path));
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, process.cwd());
  const host = ts.createCompilerHost({ ...options, noEmit: true });
  const { fileExists, readFile: read } = host;
  host.fileExists = (path) => path === file || fileExists(path);
  host.readFile = (path) => (path === file ? source : read(path));
  const program = ts.createProgram([file], { ...options, noEmit: true, incremental: false }, host);
  const found = ts.getPreEmitDiagnostics(program, program.getSourceFile(file));
  return found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

/** The tool, from the compiled page. */
async function load(): Promise<Tool> {
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
  });
  const folder = join('dist', file.slice(resolve('.').length + 1), '..');
  const absolute = outputText.replace(
    /from '(\.[^']+)'/g,
    (_all, path: string) => `from '${pathToFileURL(resolve(folder, path)).href}'`,
  );
  const at = join(directory, 'weather.mjs');
  await writeFile(at, absolute);
  const [tool] = Object.values((await import(pathToFileURL(at).href)) as Record<string, Tool>);
  return tool!;
}

describe('the tool that the documentation shows', () => {
  it('compiles where it says that it stands', () => {
    expect(compileFaults()).toEqual([]);
  });

  it('runs, with the credentials of its resource, once it is in the catalogue', async () => {
    const tool = await load();
    seer = await startApp({}, undefined, { tools: new Map([...toolCatalogue, [tool.key, tool]]) });
    const secrets = { bearer_token: 'weather-key' };
    const resource = await makeResource(seer.admin, 'http_api', { base_url: service.url }, secrets, {
      name: 'Weather',
    });
    const run = await runTool(seer.admin, tool.key, resource, tool.example);
    expect(run).toMatchObject({ status: 'COMPLETED', outputs: { city: 'Lisbon', celsius: 21.5, source: 'Weather' } });
    const { body } = await seer.admin.get('/v1/registries/tools');
    expect(body.items.map((listed: { tool: string }) => listed.tool)).toContain(tool.key);
  });
});
