import { type TestApp } from './app.js';

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

/** Each once, in the order of the alphabet. */
export const codesOf = (findings: readonly FindingJson[]) => [...new Set(findings.map(({ code }) => code))].toSorted();

export const ofCode = (findings: readonly FindingJson[], code: string) => findings.find((one) => one.code === code)!;

export const uuidOf = (id: string) => id.slice(id.indexOf('_') + 1);
