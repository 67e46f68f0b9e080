import { ForbiddenException, HttpException, ServiceUnavailableException } from '@nestjs/common';
import { BodyTooLargeError, JsonRefusedError } from '../body/body.errors.js';
import { problemOf } from './problem-of.js';

const secret = 'password=hunter2';

describe('problemOf', () => {
  it('lets a domain error speak for itself', () => {
    expect(problemOf(new BodyTooLargeError())).toMatchObject({ status: 413, code: 'body-too-large' });
    const fault = { pointer: '/a', code: 'nul-character', message: 'No.' };
    expect(problemOf(new JsonRefusedError(fault))).toMatchObject({
      status: 400,
      code: 'nul-character',
      faults: [fault],
    });
  });

  it('says how long to wait for a database that is away', () => {
    const away = Object.assign(new Error(secret), { code: 'ECONNREFUSED' });
    const answer = problemOf(new Error('wrapped', { cause: away }));
    expect(answer).toMatchObject({ status: 503, code: 'database-unavailable', headers: { 'Retry-After': '2' } });
    expect(JSON.stringify(answer)).not.toContain(secret);
  });

  it.each<[string, unknown]>([
    ['any error', new Error(secret)],
    ['a thrown text', secret],
    ['nothing', undefined],
    ['an exception of the framework that is not the caller’s fault', new ServiceUnavailableException(secret)],
    ['an http-error of 500', Object.assign(new Error(secret), { status: 500 })],
    ['a status that is none', Object.assign(new Error(secret), { status: 'x' })],
  ])('tells nothing about %s', (_what, error) => {
    expect(problemOf(error)).toMatchObject({ status: 500, code: 'internal-error' });
    expect(JSON.stringify(problemOf(error))).not.toContain('hunter2');
  });

  it('keeps the sentence of the framework’s 4xx', () => {
    expect(problemOf(new ForbiddenException('No entry'))).toMatchObject({
      status: 403,
      code: 'forbidden',
      detail: 'No entry',
    });
    expect(problemOf(new HttpException('Teapot', 418))).toMatchObject({ status: 418, code: 'request-invalid' });
  });

  it('knows the router’s complaint about a path it can’t decode', () => {
    expect(problemOf(new URIError('x'))).toMatchObject({ status: 400, code: 'percent-encoding-invalid' });
  });
});
