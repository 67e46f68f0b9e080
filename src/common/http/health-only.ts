import { type NextFunction, type Request, type Response } from 'express';
import { DomainError } from '../errors.js';

export class WorkerOnlyError extends DomainError {
  readonly code = 'worker-only';
  readonly kind = 'not-found';

  constructor() {
    super('This process executes runs and answers no requests but /health; ask one whose SEER_ROLE is "api" or "all".');
  }
}

/** For a process with `SEER_ROLE=worker`: only its health can be asked for. */
export function healthOnly(request: Request, _response: Response, next: NextFunction): void {
  if (!request.path.startsWith('/health/')) throw new WorkerOnlyError();
  next();
}
