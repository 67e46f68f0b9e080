import { type NextFunction, type Request, type Response } from 'express';
import helmet from 'helmet';

/** Answers are data: a browser that shows one must load nothing, run nothing and frame nothing. */
const forData = helmet({
  contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
});

/** Swagger UI loads its own scripts and calls the API; it styles itself inline and keeps its icons in data URLs. */
const forDocs = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'", "'unsafe-inline'"],
      imgSrc: ["'self'", 'data:'],
      connectSrc: ["'self'"],
      frameAncestors: ["'none'"],
    },
  },
});

/** Pages for people: they style themselves inline, send their form back to where they came from, and load nothing. */
const forPages = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      styleSrc: ["'unsafe-inline'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
    },
  },
});
const pages = /^\/(?:problems|v1\/approvals|v1\/approval-forms|v1\/integrations\/\w+\/(?:callback$|connect))(?:\/|$)/;

/** helmet's headers, and `Cache-Control: no-store`: answers belong to one caller at one moment. */
export function securityHeaders(request: Request, response: Response, next: NextFunction): void {
  response.setHeader('Cache-Control', 'no-store');
  const isDocs = request.path === '/docs' || request.path.startsWith('/docs/');
  const headers = isDocs ? forDocs : pages.test(request.path) ? forPages : forData;
  headers(request, response, next);
}
