import { type OpenAPIObject } from '@nestjs/swagger';
import { problemResponse } from './api-problems.js';

type PathItem = OpenAPIObject['paths'][string];
type Operation = NonNullable<PathItem['get']>;

const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'] as const;

/** Adds to each operation the problems that every route can answer with, and to public ones that they need no credential. */
export function documentProblems(document: OpenAPIObject): OpenAPIObject {
  for (const item of Object.values(document.paths)) {
    for (const method of methods) {
      const operation = item[method];
      if (operation) documentOperation(operation);
    }
  }
  return document;
}

function documentOperation(operation: Operation): void {
  const isPublic = operation.security?.some((requirement) => Object.keys(requirement).length === 0) ?? false;
  if (isPublic) operation.security = [];
  const statuses = [400, 429, 500, 503];
  if (!isPublic) statuses.push(401, 403);
  if (operation.requestBody) statuses.push(413, 415);
  for (const status of statuses) operation.responses[status] ??= problemResponse(status);
}
