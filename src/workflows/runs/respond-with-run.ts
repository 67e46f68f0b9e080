import { HttpStatus } from '@nestjs/common';
import { type Response } from 'express';
import { isFinal } from './run-status.js';
import { type RunResponse } from './run.dto.js';
import { type RunAnswer } from './runs.service.js';

/** 200 with the end that `mode=sync` has waited for, else 202. */
export function respondWithRun(
  response: Response,
  { run, isNew }: RunAnswer,
  mode: 'async' | 'sync' = 'async',
): RunResponse {
  const over = mode === 'sync' && isFinal(run.status);
  response.status(over ? HttpStatus.OK : HttpStatus.ACCEPTED);
  response.setHeader('Location', `/v1/runs/${run.run_id}`);
  if (!isNew) response.setHeader('Idempotent-Replayed', 'true');
  return run;
}
