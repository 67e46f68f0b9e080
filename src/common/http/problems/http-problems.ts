import { limits } from '../limits.js';
import { type ProblemExplanations } from './problem-catalogue.js';

/** The problems that any route can answer with, whatever it does. */
export const httpProblems = {
  'request-invalid': {
    title: 'The request is not valid',
    explanation:
      'Fields of the body or query are missing or have a wrong value. `errors` names each with what it must be.',
  },
  'unknown-field': {
    title: 'Unknown field',
    explanation: 'The body or query holds a field that this operation does not have. Nothing is ignored silently.',
  },
  'json-malformed': {
    title: 'Malformed JSON',
    explanation: 'The body is not JSON (RFC 8259). `detail` has the line and column of the mistake.',
  },
  'json-not-structured': {
    title: 'Neither object nor array',
    explanation: 'The body is a JSON string, number, boolean or null; operations take an object.',
  },
  'json-too-deep': {
    title: 'JSON nested too deep',
    explanation: `At most ${limits.jsonDepth} objects and arrays may lie inside one another.`,
  },
  'json-forbidden-key': {
    title: 'Forbidden key',
    explanation: 'The key `__proto__` is refused everywhere: careless code that reads it can be tricked.',
  },
  'json-number-too-large': {
    title: 'Number too large',
    explanation: 'A number is beyond what a 64-bit float holds (1.797e308). Send it as a string.',
  },
  'json-integer-imprecise': {
    title: 'Integer would lose digits',
    explanation: 'An integer beyond 2^53 would be changed by rounding. Send it as a string.',
  },
  'nul-character': {
    title: 'NUL character',
    explanation: 'A text holds U+0000, which PostgreSQL cannot store. Leave it out.',
  },
  'lone-surrogate': {
    title: 'Half a character',
    explanation: 'A text holds one half of a surrogate pair, usually because it was cut in the middle of a character.',
  },
  'body-not-utf8': { title: 'Not UTF-8', explanation: 'JSON is sent in UTF-8 (RFC 8259 section 8.1).' },
  'body-incomplete': {
    title: 'Incomplete body',
    explanation: 'The body has not the length that the headers announced. Usually a connection that broke; try again.',
  },
  'body-too-large': {
    title: 'Body too large',
    explanation: `A request body has at most ${limits.bodyBytes} bytes.`,
  },
  'media-type-unsupported': {
    title: 'Unsupported media type',
    explanation: 'Bodies are JSON: send `Content-Type: application/json`.',
  },
  'charset-unsupported': { title: 'Unsupported charset', explanation: 'JSON is sent in UTF-8; leave the charset out.' },
  'content-encoding-unsupported': {
    title: 'Unsupported content encoding',
    explanation: 'Bodies are taken uncompressed: leave `Content-Encoding` out.',
  },
  'percent-encoding-invalid': {
    title: 'Malformed percent-encoding',
    explanation:
      'A `%` in the path or query is not followed by the percent-encoding of UTF-8 text. Encode it as `%25`.',
  },
  'worker-only': {
    title: 'A process that only works',
    explanation: 'Processes with `SEER_ROLE=worker` execute runs; requests are answered by those with `api` or `all`.',
  },
  'route-not-found': {
    title: 'No such route',
    explanation: 'No operation has this path. Paths are taken literally: case, double and trailing slashes count.',
  },
  'method-not-allowed': {
    title: 'Method not allowed',
    explanation: 'The path exists, with other methods: the `Allow` header names them.',
  },
  'cursor-invalid': {
    title: 'Invalid cursor',
    explanation:
      'A cursor is only good for the list, caller and filter whose page it came with. Start at the first page.',
  },
  'idempotency-key-invalid': {
    title: 'Invalid Idempotency-Key',
    explanation: `The header has 1 to ${limits.idempotencyKeyLength} printable ASCII characters; a UUID is a good one.`,
  },
  'idempotency-key-reused': {
    title: 'Idempotency-Key used for another request',
    explanation: 'A key belongs to one request. Use a new key for a new request, the old one only to repeat the old.',
  },
  'rate-limited': {
    title: 'Too many requests',
    explanation: 'Wait for the seconds in `Retry-After`. `RateLimit-Remaining` tells in time how many are left.',
  },
  'database-unavailable': {
    title: 'Database unavailable',
    explanation:
      'The database is restarting or not reachable. Repeat the request after `Retry-After`, with the same ' +
      '`Idempotency-Key` if it had one: whether it was still recorded is not certain.',
  },
  stopping: {
    title: 'The process is stopping',
    explanation: 'It ends what it has begun and takes nothing new. Send the request to another process.',
  },
  'problem-code-unknown': { title: 'Unknown problem code', explanation: 'No problem has this code.' },
  'internal-error': {
    title: 'Internal error',
    explanation: 'A mistake of Seer. It was logged with the `request_id`; tell the operator.',
  },
} satisfies ProblemExplanations;
