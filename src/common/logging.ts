import { randomUUID } from 'node:crypto';
import { type IncomingMessage, type ServerResponse } from 'node:http';
import { type Params } from 'nestjs-pino';
import { stdTimeFunctions } from 'pino';
import { type Environment } from './config/environment.js';

/** A request id that a caller may choose: short and plain, so that it can't forge log lines. */
const acceptableRequestId = /^[\w.:-]{1,128}$/;

const startUpChatter = new Set(['InstanceLoader', 'NestFactory', 'RoutesResolver', 'RouterExplorer']);

/**
 * Pino: one line per request and per event, readable in a terminal and JSON elsewhere. Every line of a request carries
 * its id, which is also the `X-Request-Id` of the answer and the `request_id` of a problem.
 */
export function loggingOptions(environment: Environment): Params {
  return {
    pinoHttp: {
      level: environment.logLevel,
      timestamp: stdTimeFunctions.isoTime,
      transport: process.stdout.isTTY
        ? { target: 'pino-pretty', options: { singleLine: true, ignore: 'pid,hostname,req,res,context' } }
        : undefined,
      genReqId: requestId,
      redact: ['req.headers.authorization', 'req.headers.cookie'],
      hooks: {
        // Nest tells of every route and module it starts: of use to those who look for it only.
        logMethod(line, log, level) {
          const fields = line[0] as { context?: string } | undefined;
          if (level <= 30 && startUpChatter.has(fields?.context ?? '')) return;
          log.apply(this, line);
        },
      },
      serializers: {
        req: (request: { id: string; method: string; url: string }) => ({
          id: request.id,
          method: request.method,
          // The query is left out: a careless caller may have put a secret there.
          path: request.url.split('?', 1)[0],
        }),
        res: (response: { statusCode: number }) => ({ status: response.statusCode }),
      },
      customLogLevel: (_request, response, error) =>
        error || response.statusCode >= 500 ? 'error' : response.statusCode >= 400 ? 'info' : 'debug',
    },
  };
}

function requestId(request: IncomingMessage, response: ServerResponse): string {
  const given = request.headers['x-request-id'];
  const id = typeof given === 'string' && acceptableRequestId.test(given) ? given : randomUUID();
  response.setHeader('X-Request-Id', id);
  return id;
}
