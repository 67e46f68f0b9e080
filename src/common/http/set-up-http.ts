import { type NestExpressApplication } from '@nestjs/platform-express';
import express from 'express';
import { jsonBody } from './body/json-body.js';
import { urlTextMiddleware } from './body/url-text.js';
import { currentRequestMiddleware } from './current-request.js';
import { DrainingAdapter } from './draining-adapter.js';
import { observeRequests } from './observe-requests.js';
import { limitAddresses } from './rate-limit.js';
import { requestIdMiddleware } from './request-id.js';
import { securityHeaders } from './security-headers.js';
import { RequestValidationPipe } from './validation/validation.pipe.js';

/**
 * Express that takes paths literally, so that `/V1/me` and `/v1/me/` are other paths than `/v1/me`, as they are in the
 * documents of proxies and in the guard's eyes. Express reads these settings when its first middleware is added.
 */
export function createHttpAdapter(): DrainingAdapter {
  const server = express();
  server.enable('case sensitive routing').enable('strict routing').disable('x-powered-by').disable('etag');
  return new DrainingAdapter(server);
}

export interface HttpSettings {
  /** Path prefixes whose bodies may have any media type and are taken with `rawBodyOf`, e.g. `/v1/hooks/`. */
  anyMediaType?: readonly string[];
  /** Requests that one address may make in a minute; the default is far above what one machine can answer to. */
  requestsPerAddress?: number;
  /** Proxies whose `X-Forwarded-For` is believed, as Express's setting "trust proxy" takes them. */
  trustedProxies?: readonly string[];
}

/** What holds for every request, known route or not; `HttpModule` has the rest. Call it before `listen`. */
export function setUpHttp(app: NestExpressApplication, settings: HttpSettings = {}): void {
  app.set('trust proxy', settings.trustedProxies ?? false);
  app.use(
    observeRequests,
    requestIdMiddleware,
    securityHeaders,
    limitAddresses(settings.requestsPerAddress ?? 600_000),
    urlTextMiddleware,
    jsonBody(settings.anyMediaType ?? []),
    currentRequestMiddleware,
  );
  app.useGlobalPipes(new RequestValidationPipe());
}
