import { bareJob } from '../support/bare-job.js';

export const durable5Langgraph = bareJob({
  name: 'durable-5-langgraph',
  about: "the same five steps on LangGraph with its PostgreSQL saver, durability 'sync', behind bare node:http",
  script: 'bench/durable-5-langgraph-server.js',
  // Superstep n is the checkpoint after the nth node; 0 is the one before the first.
  saved: `select (count(*) filter (where last = 5))::int as runs, (count(*) filter (where steps = 5))::int as whole
          from (
            select max((metadata->>'step')::int) as last,
                   count(*) filter (where (metadata->>'step')::int between 1 and 5) as steps
            from checkpoints group by thread_id
          ) threads`,
});
