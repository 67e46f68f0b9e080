import { type Environment } from '../config/environment.js';
import { openDatabase } from './open-database.js';

describe('the database of DATABASE_URL', () => {
  it.each([
    ['postgres://u:p@db.example/seer', 'db.example', 5432],
    ['postgres://u:p@db.example:6432/seer', 'db.example', 6432],
    ['postgres://u:p@[fd00::5]:5433/seer', 'fd00::5', 5433],
    ['postgres://u:p@db.example:6432/seer?host=other.example&port=7432', 'other.example', 7432],
    ['postgres://u:p@db.example/seer?host=/var/run/postgresql', undefined, 5432],
    ['postgres://u:p@%2Fvar%2Frun%2Fpostgresql/seer', undefined, 5432],
  ])('%s listens at %s, port %i', async (databaseUrl, host, port) => {
    const database = await openDatabase({ databaseUrl } as Environment);
    expect([database.host, database.port]).toEqual([host, port]);
  });
});
