import {
  type ArgumentsHost,
  Catch,
  type ExceptionFilter,
  HttpStatus,
  Injectable,
  Logger,
  NotFoundException,
} from '@nestjs/common';
import { type Request, type Response } from 'express';
import { requestIdOf } from '../request-id.js';
import { ProblemCatalogue } from './problem-catalogue.js';
import { type Problem } from './problem.dto.js';
import { type ProblemAnswer, problemOf } from './problem-of.js';
import { problemOfUnknownRoute } from './unknown-route.js';

/** Answers every error as `application/problem+json` (RFC 9457), and logs those that are ours. */
@Catch()
@Injectable()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger(ProblemFilter.name);

  constructor(private readonly catalogue: ProblemCatalogue) {}

  catch(error: unknown, host: ArgumentsHost): void {
    this.answer(error, host);
  }

  protected answer(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<Request>();
    const response = host.switchToHttp().getResponse<Response>();
    // Services throw domain errors, so Nest's own 404 always means that no route took the request.
    const answer = error instanceof NotFoundException ? problemOfUnknownRoute(request) : problemOf(error);
    this.log(error, request, answer);
    if (response.headersSent) response.end();
    else this.send(request, response, answer);
  }

  private log(error: unknown, request: Request, { status, code }: ProblemAnswer): void {
    if (status >= 500 && status !== HttpStatus.SERVICE_UNAVAILABLE) this.logger.error(error);
    // Refused for its URL or body, before the request log took notice of it: this line stands for that one.
    else if (!request.log)
      this.logger.log(`${requestIdOf(request)} ${request.method} ${request.path}: ${status} ${code}`);
  }

  private send(request: Request, response: Response, answer: ProblemAnswer): void {
    const { status, code, detail, faults, extensions, headers } = answer;
    const problem: Problem = {
      ...extensions,
      type: `/problems/${code}`,
      title: this.catalogue.titleOf(code),
      status,
      detail,
      code,
      request_id: requestIdOf(request),
      ...(faults?.length ? { errors: [...faults] } : {}),
    };
    const body = Buffer.from(JSON.stringify(problem));
    // What the route has already said about its answer is not true of this one.
    for (const name of ['ETag', 'Location']) response.removeHeader(name);
    response.writeHead(status, {
      ...headers,
      'Content-Type': 'application/problem+json',
      'Content-Length': body.length,
    });
    // Node leaves the body out when the method is HEAD.
    response.end(body);
  }
}
