import { existsSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { OperatorError } from '../common/operator.error.js';
import { checks } from './doctor/catalogue.js';
import { type Check, type CheckContext, type Verdict } from './doctor/define-check.js';
import { type CommandContext, defineCommand } from './define-command.js';

export const doctor = defineCommand({
  words: 'doctor',
  summary: 'Look at everything an installation needs.',
  help: [
    'Each check says ok, warn or fail, with the cause and what to do; exit code 1 when one fails. It changes nothing.',
    '--json prints the same for programs: a list of {check, status, found, remedy}.',
  ].join('\n'),
  options: { json: { type: 'boolean', default: false } },
  async run(context) {
    const findings = await examine(context);
    const lines = context.options.json ? JSON.stringify(findings, null, 2).split('\n') : findings.flatMap(linesOf);
    for (const line of lines) context.print(line);
    const failed = findings.filter(({ status }) => status === 'fail').length;
    if (failed > 0) throw new OperatorError(`${failed} of ${findings.length} checks failed.`);
  },
});

interface Finding extends Verdict {
  readonly check: string;
}

async function examine({ environment, openDatabase }: CommandContext): Promise<Finding[]> {
  const { client, why } = await connect({ environment, openDatabase });
  const findings: Finding[] = why ? [{ check: 'connection', ...why }] : [];
  for (const check of checks) {
    const verdicts = await look(check, { environment, openDatabase }, client);
    findings.push(...[verdicts].flat().map((verdict) => ({ check: check.name, ...verdict })));
  }
  await client?.end();
  return findings;
}

const missing: Verdict = { status: 'skipped', found: 'Not looked at without a database.' };

async function connect({
  environment,
  openDatabase,
}: Pick<CommandContext, 'environment' | 'openDatabase'>): Promise<{ client?: pg.Client; why?: Verdict }> {
  const home = join(environment.dataDirectory, 'postgres');
  if (environment.embedded && !existsSync(home)) {
    const remedy = 'The first start makes one; set DATABASE_URL if there is another database.';
    return { why: { status: 'warn', found: `There is no embedded database in ${home} yet.`, remedy } };
  }
  try {
    const { url } = await openDatabase();
    const client = new pg.Client({
      connectionString: url,
      application_name: 'seer command',
      connectionTimeoutMillis: 5_000,
    });
    client.on('error', () => {});
    await client.connect();
    return { client };
  } catch (error) {
    const { message, code } = error as Error & { code?: string };
    const found = `The database cannot be reached: ${message || code}.`;
    return { why: { status: 'fail', found, remedy: 'Look at DATABASE_URL, at the server and at the network.' } };
  }
}

async function look(
  check: Check,
  context: CheckContext,
  client: pg.Client | undefined,
): Promise<Verdict | readonly Verdict[]> {
  try {
    if (!check.needsDatabase) return await check.look(context);
    return client ? await check.look({ ...context, client }) : missing;
  } catch (error) {
    return { status: 'fail', found: (error as Error).message };
  }
}

function linesOf({ check, status, found, remedy }: Finding): string[] {
  const line = `${status.padEnd(7)}  ${check.padEnd(14)}  ${found}`;
  return remedy ? [line, `${' '.repeat(25)}→ ${remedy}`] : [line];
}
