import { type TestApp } from './app.js';
import { runSeer } from './command-line.js';

/** A finding as JSON: dates are texts. */
export interface FindingJson {
  code: string;
  severity: string;
  summary: string;
  remedy: string;
  since: string | null;
  ids: string[];
}

/** All there are; each test makes so few that none is left out. */
export async function findingsOf(seer: TestApp): Promise<FindingJson[]> {
  const { status, body } = await seer.admin.get('/v1/admin/findings');
  expect([status, body]).toEqual([200, expect.objectContaining({ more: [] })]);
  return body.items;
}

/** What `seer doctor` says of them; it looks with a process of its own. */
export async function toldByDoctor(seer: TestApp): Promise<Pick<FindingJson, 'summary' | 'remedy'>[]> {
  const { stdout } = await runSeer(['doctor', '--json'], {
    DATABASE_URL: seer.databaseUrl,
    SEER_MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
  });
  const checks = JSON.parse(stdout) as { check: string; found: string; remedy: string }[];
  return checks.filter(({ check }) => check === 'findings').map(({ found: summary, remedy }) => ({ summary, remedy }));
}

/** What it says when it says the same as the API. */
export const asTold = (findings: readonly FindingJson[]) =>
  findings.map(({ summary, remedy }) => ({ summary, remedy }));

/** Each once, in the order of the alphabet. */
export const codesOf = (findings: readonly FindingJson[]) => [...new Set(findings.map(({ code }) => code))].toSorted();

export const ofCode = (findings: readonly FindingJson[], code: string) => findings.find((one) => one.code === code)!;

export const uuidOf = (id: string) => id.slice(id.indexOf('_') + 1);
