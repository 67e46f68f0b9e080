// The peer of durable-5: the same five steps on DBOS Transact.
import { DBOS } from '@dbos-inc/dbos-sdk';
import { serveBare } from './support/bare-server.js';

// Its default of ten connections; twenty and fifty were no faster at 10 clients, and slower at 50.
DBOS.setConfig({ name: 'bench', systemDatabaseUrl: process.env.DATABASE_URL, logLevel: 'warn' });

const fiveSteps = DBOS.registerWorkflow(
  async (_inputs: unknown): Promise<number> => {
    let number = 0;
    for (const name of ['one', 'two', 'three', 'four', 'five']) {
      const last = number;
      number = await DBOS.runStep(async () => last + 1, { name });
    }
    return number;
  },
  { name: 'five-steps' },
);

await DBOS.launch();
serveBare(async (inputs) => ({ outputs: await fiveSteps(inputs), inputs }));
