import { readFile } from 'node:fs/promises';
import { ConfigurationError, readEnvironment } from '../src/common/config/read-environment.js';
import { describeVariables } from '../src/common/config/variables.js';

describe('the configuration', () => {
  it('documents every variable as it is', async () => {
    const page = await readFile('docs/configuration.md', 'utf8');
    const rows = describeVariables().map(
      ({ name, default: value, about }) => `| \`${name}\` | ${value && `\`${value}\``} | ${about} |`,
    );
    for (const row of rows) expect(page.replaceAll(/ +/g, ' ')).toContain(row.replaceAll(/ +/g, ' '));
    expect(page.match(/^\| `/gm)).toHaveLength(rows.length);
  });

  it.each([
    ['PORT', '65536'],
    ['PORT', '80a'],
    ['DATABASE_URL', 'mysql://localhost/seer'],
    ['SEER_ROLE', 'everything'],
    ['SEER_BOOTSTRAP_API_KEY', 'too short'],
    ['SEER_MASTER_KEY', 'a'.repeat(44)],
    ['SEER_PUBLIC_URL', 'https://example.com/path'],
    ['SEER_AUTH_ISSUER', 'not a url'],
    ['SEER_DOCS', 'maybe'],
    ['SEER_RUN_SLOTS', '0'],
    ['SEER_FAULT_POINT', 'before-lunch:1'],
    ['SEER_RUN_SLOTS_PER_USER', '0.5'],
    ['SEER_RETENTION_COMPLETED', '12h'],
    ['SEER_RETENTION_FAILED', 'never'],
    ['SEER_RETENTION_AUDIT', '29d'],
    ['LOG_LEVEL', 'loud'],
  ])('refuses %s=%s with a sentence that names it', (name, value) => {
    expect(() => readEnvironment({ [name]: value })).toThrow(ConfigurationError);
    expect(() => readEnvironment({ [name]: value })).toThrow(new RegExp(`^${name} must`, 'm'));
  });

  it('names all wrong variables at once, and never shows a secret', () => {
    const secret = 'postgres//user:hunter2@host';
    try {
      readEnvironment({ PORT: '-1', SEER_ROLE: 'x', DATABASE_URL: secret });
      throw new Error('it was accepted');
    } catch (error) {
      expect((error as Error).message.split('\n')).toHaveLength(3);
      expect((error as Error).message).not.toContain('hunter2');
    }
  });

  it('wants an audience together with an issuer', () => {
    expect(() => readEnvironment({ SEER_AUTH_ISSUER: 'https://id.example.com' })).toThrow('SEER_AUTH_AUDIENCE');
  });

  it('refuses in production to kill itself', () => {
    const variables = { SEER_FAULT_POINT: 'before-effect:3', NODE_ENV: 'production' };
    expect(() => readEnvironment(variables)).toThrow('SEER_FAULT_POINT must not');
  });

  it.each([
    [{}, 80],
    [{ SEER_RUN_SLOTS: '1' }, 1],
    [{ SEER_RUN_SLOTS: '6' }, 5],
    [{ SEER_RUN_SLOTS: '10000' }, 8_000],
    [{ SEER_RUN_SLOTS: '6', SEER_RUN_SLOTS_PER_USER: '2' }, 2],
  ])('lets one user have so many of the slots of %j: %i', (variables, slots) => {
    expect(readEnvironment(variables).runSlotsPerUser).toBe(slots);
  });

  it('takes an empty variable for one that is not set', () => {
    expect(readEnvironment({ PORT: '' }).port).toBe(3000);
  });
});
