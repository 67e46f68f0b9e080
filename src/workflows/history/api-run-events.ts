import { applyDecorators } from '@nestjs/common';
import { ApiAcceptedResponse, ApiExtraModels, ApiOkResponse, getSchemaPath } from '@nestjs/swagger';
import { ApiIdempotencyKey } from '../../common/http/idempotency/idempotent.js';
import { RunResponse } from '../runs/run.dto.js';

const description =
  'Server-sent events. `run`: the run as in lists, at first as it is now, then whenever that changes. `step`: a step as in ' +
  '`GET /v1/runs/{id}/steps`; its `id` counts 1, 2, 3 …. `delta`: a piece of what a model is just saying, with `offset`, the ' +
  'characters before it; pieces may be lost, the step has the whole. When the run is over, a last `run` event, and the stream ends. A run ' +
  'that waits keeps it open. A client that comes back with `Last-Event-ID` gets the steps after that one.';

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

/** Documents a route that answers with the events of a run. */
export const ApiRunEvents = () => ApiOkResponse({ description, content: eventStream });

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
    ApiAcceptedResponse({ type: RunResponse, description: 'The run is accepted and goes on by itself.' }),
  );
