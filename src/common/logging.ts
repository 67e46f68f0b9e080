import { type Params } from 'nestjs-pino';
import { destination, type DestinationStream, stdTimeFunctions } from 'pino';
import { type Environment } from './config/environment.js';

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
      ...(process.stdout.isTTY
        ? {
            transport: { target: 'pino-pretty', options: { singleLine: true, ignore: 'pid,hostname,req,res,context' } },
          }
        : { stream: logTo(process.stdout.fd) }),
      // `requestIdMiddleware` has named it before anything could fail.
      genReqId: (request) => request.id,
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
          path: pathToLog(request.url),
        }),
        res: (response: { statusCode: number }) => ({ status: response.statusCode }),
      },
      customLogLevel: (_request, response, error) =>
        error || response.statusCode >= 500 ? 'error' : response.statusCode >= 400 ? 'info' : 'debug',
    },
  };
}

/** Lines that cannot be written, as on a full disk, are lost; without a listener the process would be, too. */
export function logTo(file: number): DestinationStream {
  return destination(file).on('error', () => {});
}

/** Long parts of a path that are no id of a thing are keys to something: links of approvals, to connect accounts. */
const keyLike = /^(?![a-z]+_[0-9a-f-]{36}(?::\d+)?$).{32,}$/;

/** The path of a request, without what could be used again. The query is left out: a careless caller may have put a secret there. */
export function pathToLog(url: string): string {
  const [path = ''] = url.split('?', 1);
  return path
    .split('/')
    .map((part) => (keyLike.test(part) ? `${part.slice(0, 4)}…` : part))
    .join('/');
}
