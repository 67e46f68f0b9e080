import { type ArgumentsHost, Catch, Injectable } from '@nestjs/common';
import { type Request, type Response } from 'express';
import { DomainError } from '../../errors.js';
import { html, page } from '../../html/html.js';
import { ProblemFilter } from './problem.filter.js';
import { problemOf } from './problem-of.js';

/** Whether the caller is somebody with a browser. */
export function wantsPage(request: Request): boolean {
  return request.accepts(['application/json', 'text/html']) === 'text/html';
}

/** For routes that people open in a browser: what goes wrong is a page for them, a problem document for programs. */
@Catch()
@Injectable()
export class PageFilter extends ProblemFilter {
  override catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<Request>();
    if (!(error instanceof DomainError) || !wantsPage(request)) return this.answer(error, host);
    const { status, detail, headers } = problemOf(error);
    const response = host.switchToHttp().getResponse<Response>();
    response.status(status).set(headers).type('html');
    response.send(
      page(
        'Not possible',
        html`<h1>Not possible</h1>
          <p role="alert">${detail}</p>`,
      ),
    );
  }
}
