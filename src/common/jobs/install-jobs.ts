import { PgBoss } from 'pg-boss';
import { bossOptions } from './boss-options.js';

/** Makes the schema of jobs, or brings it to this build's version; every process that migrates does so by itself. */
export async function installJobs(url: string): Promise<void> {
  const boss = new PgBoss(bossOptions(url, { role: 'api', executesRuns: false, migrates: true }));
  // `start` tells of it as well.
  boss.on('error', () => {});
  try {
    await boss.start();
  } finally {
    await boss.stop();
  }
}
