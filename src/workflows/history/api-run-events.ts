import { applyDecorators } from '@nestjs/common';
import { ApiAcceptedResponse, ApiExtraModels, ApiOkResponse, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { limits } from '../../common/http/limits.js';
import { ApiIdempotencyKey } from '../../common/http/idempotency/idempotent.js';
import { problemResponse } from '../../common/http/problems/api-problems.js';
import { RunResponse } from '../runs/run.dto.js';

const description =
  'Server-sent events. `run`: the run as in lists, at first as it is now, then whenever that changes. `step`: a step as in ' +
  '`GET /v1/runs/{id}/steps`; its `id` counts 1, 2, 3 …. `delta`: a piece of what a model is just saying, with `offset`, the ' +
  'characters before it; pieces may be lost, the step has the whole. When the run is over, a last `run` event, and the stream ends. A run ' +
  'that waits keeps it open. A client that comes back with `Last-Event-ID` gets the steps after that one. A stream also ends ' +
  'before its run: when a connection breaks, the process stops, or the credentials are revoked, expire, or lose a scope; who ' +
  'comes back then gets `401` or `403`.';

const example = `retry: 1000
event: run
data: {"run_id":"run_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b","status":"RUNNING"}

event: step
id: 1
data: {"node_id":"todo","path":"todo","attempt":1,"status":"COMPLETED"}

event: run
data: {"run_id":"run_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b","status":"COMPLETED"}

`;

const eventStream = { 'text/event-stream': { schema: { type: 'string' }, example } } as const;

const ApiStreamLimit = () =>
  ApiResponse({
    ...problemResponse(429),
    status: 429,
    description:
      `Too Many Requests; or, with the code \`event-stream-limit\`, a stream too many: a user has ${limits.eventStreams} at most ` +
      'open at a time in each process.',
  });

/** Documents a route that answers with the events of a run. */
export const ApiRunEvents = () =>
  applyDecorators(ApiOkResponse({ description, content: eventStream }), ApiStreamLimit());

/** Documents a route that starts a run. */
export const ApiStartedRun = () =>
  applyDecorators(
    ApiIdempotencyKey(),
    ApiExtraModels(RunResponse),
    ApiOkResponse({
      description: '`mode=sync`: the run, over. `stream=true`: its events, as of `GET /v1/runs/{id}/events`.',
      content: { 'application/json': { schema: { $ref: getSchemaPath(RunResponse) } }, ...eventStream },
      headers: { 'X-Run-Id': { description: 'Of a stream: the id of the run.', schema: { type: 'string' } } },
    }),
    ApiStreamLimit(),
    ApiAcceptedResponse({ type: RunResponse, description: 'The run is accepted and goes on by itself.' }),
  );
