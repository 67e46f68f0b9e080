import { bareJob } from '../support/bare-job.js';

export const rawInsert = bareJob({
  name: 'raw-insert',
  about: 'the floor: bare node:http and pg, one insert for each request',
  script: 'bench/raw-insert-server.js',
  saved: 'select count(*)::int as runs, count(*)::int as whole from run',
});
