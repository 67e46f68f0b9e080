import { asDatabaseUnavailable } from './database.errors.js';

describe('an error of the driver', () => {
  it.each([
    [{ code: '57P01' }],
    // Told to give up (statement_timeout).
    [{ code: '57014' }],
    [{ code: '08006' }],
    [{ code: 'ECONNREFUSED' }],
    // Not an Error of this realm.
    [{ code: 'EPIPE', syscall: 'write' }],
    [{ code: 'ENOENT', syscall: 'connect' }],
    [new Error('Connection terminated unexpectedly')],
    [new Error('query failed', { cause: new Error('deeper', { cause: { code: '53300' } }) })],
  ])('says that the database is away: %j', (error) => {
    expect(asDatabaseUnavailable(error)).toMatchObject({ code: 'database-unavailable', retryAfter: 2 });
  });

  it.each([
    [{ code: '23505' }],
    [{ code: 'ENOENT', syscall: 'open' }],
    [new Error('no')],
    ['57P01'],
    [null],
    [undefined],
  ])('says something else: %j', (error) => {
    expect(asDatabaseUnavailable(error)).toBeUndefined();
  });
});
