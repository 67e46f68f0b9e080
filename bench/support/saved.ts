import { query } from './bench-database.js';

/**
 * Answered means saved. A client that the clock stops has seen its last answer, so the counts are equal.
 * @param sql tells `runs`, those that are saved as completed, and `whole`, those of them that have each of their steps
 * @throws Error when anything is missing, or is there that was not answered
 */
export async function expectSaved(database: string, answered: number, sql: string): Promise<void> {
  const [saved] = await query<{ runs: number; whole: number }>(database, sql);
  if (saved?.runs === answered && saved.whole === answered) return;
  throw new Error(
    `${answered} runs were answered, but saved are ${saved?.runs}, ${saved?.whole} with all their steps.`,
  );
}

/** Seer's runs, each with so many steps. */
export function savedRuns(steps: number): string {
  return `select count(*)::int as runs, (count(*) filter (where steps = ${steps}))::int as whole
          from (
            select (select count(*) from workflow_run_step s where s.run_id = r.run_id and s.status = 'COMPLETED') as steps
            from workflow_run r where status = 'COMPLETED'
          ) completed`;
}
