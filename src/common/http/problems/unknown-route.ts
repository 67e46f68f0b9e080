import { METHODS } from 'node:http';
import { HttpStatus } from '@nestjs/common';
import { type Request } from 'express';
import { type ProblemAnswer } from './problem-of.js';

/** A layer of Express' router: types leave out the method that tells whether it takes a path. */
interface RouteLayer {
  route?: { methods: Readonly<Record<string, boolean>> };
  match(path: string): boolean;
}

/** 404 that names method and path, or 405 when the path has other methods. The query is left out: it may hold a secret. */
export function problemOfUnknownRoute(request: Request): ProblemAnswer {
  const allowed = methodsOf(request);
  const route = `${request.method} ${request.path}`;
  if (allowed.length === 0) {
    const detail = `There is no route ${route}. Paths are taken literally: case, double and trailing slashes count.`;
    return { status: HttpStatus.NOT_FOUND, code: 'route-not-found', detail };
  }
  return {
    status: HttpStatus.METHOD_NOT_ALLOWED,
    code: 'method-not-allowed',
    detail: `There is no route ${route}, but this path takes ${allowed.join(', ')}.`,
    headers: { Allow: allowed.join(', ') },
  };
}

function methodsOf({ app, path }: Request): string[] {
  const layers = app.router.stack as unknown as RouteLayer[];
  const names = new Set<string>();
  for (const layer of layers) {
    const methods = Object.keys(layer.route?.methods ?? {});
    // A route of all methods is a middleware that Nest bound to a path: it hands on, it does not answer.
    if (methods.length === 0 || methods.length >= METHODS.length || !layer.match(path)) continue;
    for (const method of methods) names.add(method.toUpperCase());
  }
  if (names.has('GET')) names.add('HEAD');
  return [...names].sort();
}
