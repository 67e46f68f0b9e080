import { STATUS_CODES } from 'node:http';
import { applyDecorators } from '@nestjs/common';
import { ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { Problem } from './problem.dto.js';

/**
 * Documents the problems that this route answers with and others don't, by status: `@ApiProblems(404, 409)`.
 * Those of every route need no mention: document-problems.ts adds 400, 401, 403, 413, 415, 429, 500 and 503.
 */
export const ApiProblems = (...statuses: number[]) =>
  applyDecorators(...statuses.map((status) => ApiResponse({ status, ...problemResponse(status) })));

/** The same for routes that people open in a browser: what goes wrong is a page for them. */
export const ApiPages = (...statuses: number[]) =>
  applyDecorators(
    ...statuses.map((status) => {
      const { description, content } = problemResponse(status);
      return ApiResponse({ status, description, content: { ...content, 'text/html': { schema: { type: 'string' } } } });
    }),
  );

/** An answer of this status, as a response object of OpenAPI. */
export function problemResponse(status: number) {
  return {
    description: STATUS_CODES[status] ?? 'Problem',
    content: { 'application/problem+json': { schema: { $ref: getSchemaPath(Problem) } } },
  };
}
