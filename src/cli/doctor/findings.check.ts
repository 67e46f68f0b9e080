import { defineCheck, fail, ok, type Verdict, warn } from './define-check.js';

/** What `GET /v1/admin/findings` says too: runs, triggers, connections, jobs and encryption, each trouble with its cause. */
export const findings = defineCheck({
  name: 'findings',
  needsDatabase: true,
  async look({ environment, openDatabase }) {
    const [{ NestFactory }, { AppModule }, { Findings }] = await Promise.all([
      import('@nestjs/core'),
      import('../../app.module.js'),
      import('../../admin/index.js'),
    ]);
    const module = AppModule.forRoot(environment.forObserver(), await openDatabase());
    const app = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false }).catch(
      (error: Error) => error,
    );
    if (app instanceof Error) return { status: 'skipped', found: `Seer does not start: ${app.message}` };
    try {
      const { items } = await app.get(Findings).list();
      if (items.length === 0) return ok('Nothing is wrong with runs, triggers, connections and jobs.');
      return items.map(({ severity, summary, remedy }): Verdict => {
        return severity === 'error' ? fail(summary, remedy) : warn(summary, remedy);
      });
    } finally {
      await app.close();
    }
  },
});
