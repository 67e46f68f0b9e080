import { readFile } from 'node:fs/promises';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { parse } from 'yaml';
import { connectionsOfProcess } from '../../src/common/database/connection-budget.js';
import { readEnvironment } from '../../src/common/config/read-environment.js';
import { describeVariables } from '../../src/common/config/variables.js';
import { execForm, flagsOf, only, readDockerfile, valuesOf } from '../support/dockerfile.js';

const manifest = async () => JSON.parse(await readFile('package.json', 'utf8'));

describe('the Dockerfile', () => {
  it('stands on the very Node of the project, and says what it is', async () => {
    const { dependencies, version, license } = await manifest();
    const { dockerfile, stages } = await readDockerfile();
    for (const from of dockerfile.getFROMs()) expect(from.getImage()).toBe(`node:${dependencies.node}-bookworm-slim`);
    expect(valuesOf(only(stages.at(-1)!, 'LABEL'))).toMatchObject({
      'org.opencontainers.image.version': version,
      'org.opencontainers.image.licenses': license,
      'org.opencontainers.image.base.name': `docker.io/library/node:${dependencies.node}-bookworm-slim`,
    });
  });

  it('makes an image without root, shell, development dependencies and what comes from elsewhere', async () => {
    const { dockerfile, stages } = await readDockerfile();
    const image = stages.at(-1)!;
    const [uid, gid] = only(image, 'USER').getArgumentsContent()!.split(':').map(Number);
    expect(uid).toBeGreaterThan(0);
    expect(gid).toBeGreaterThan(0);
    expect(dockerfile.getInstructions().map((instruction) => instruction.getKeyword())).not.toContain('ADD');
    const copies = image.filter((instruction) => instruction.getKeyword() === 'COPY');
    for (const copy of copies) expect(flagsOf(copy)).toEqual(['--from=build']);
    // Exec form: a shell would get SIGTERM in place of Node.
    for (const instruction of image.filter((one) => ['RUN', 'CMD', 'HEALTHCHECK'].includes(one.getKeyword()))) {
      expect(execForm(instruction).length).toBeGreaterThan(0);
    }
    expect(only(image, 'STOPSIGNAL').getArgumentsContent()).toBe('SIGTERM');
    expect(only(stages[0]!.slice(-1), 'RUN').getArgumentsContent()).toContain('npm prune --omit=dev');
  });

  it('gets all that its build copies, and nothing that is none of its business', async () => {
    const { stages } = await readDockerfile();
    const copied = stages[0]!
      .filter((instruction) => instruction.getKeyword() === 'COPY')
      .flatMap((copy) => copy.getArgumentsContent()!.split(/\s+/).slice(0, -1));
    const lines = (await readFile('.dockerignore', 'utf8')).split('\n').filter((line) => line && !line.startsWith('#'));
    expect(lines[0]).toBe('*');
    expect(lines.slice(1).sort()).toEqual(copied.map((name) => `!${name}`).sort());
  });
});

describe('docker-compose.yml', () => {
  // YAML's merge keys, as Docker Compose reads them.
  const compose = async () => parse(await readFile('docker-compose.yml', 'utf8'), { merge: true });

  it('is a Compose file by the schema of its specification', async () => {
    const schema = JSON.parse(await readFile('test/support/compose-spec.json', 'utf8'));
    const ajv = new Ajv2019({ strict: false, validateFormats: false });
    const { $schema: _draft, ...rules } = schema;
    const validate = ajv.compile(rules);
    expect([validate(await compose()), validate.errors]).toEqual([true, null]);
    expect(validate({ services: { api: { imagge: 'seer' } } })).toBe(false);
  });

  it('gives no service more than it needs', async () => {
    const { services } = await compose();
    expect(Object.keys(services)).toEqual(['postgres', 'api', 'worker']);
    for (const service of Object.values<any>(services)) {
      expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] });
      expect(service.tmpfs).toContain('/tmp');
      for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:/);
      expect(service.user ?? '').not.toMatch(/^(root|0)\b/);
    }
    for (const name of ['api', 'worker']) {
      expect(services[name]).toMatchObject({
        environment: { SEER_ROLE: name },
        depends_on: { postgres: { condition: 'service_healthy' } },
        deploy: { replicas: 2 },
        // More than the 30 seconds that a process takes to drain.
        stop_grace_period: '35s',
      });
    }
  });

  it('has no password in it, and does not start without one', async () => {
    const text = await readFile('docker-compose.yml', 'utf8');
    const { services } = await compose();
    expect(services.postgres.environment.POSTGRES_PASSWORD).toMatch(/^\$\{POSTGRES_PASSWORD:\?/);
    expect(services.api.environment.DATABASE_URL).toContain('seer:${POSTGRES_PASSWORD:?');
    expect(text).not.toMatch(/\$\{[A-Z_]+:-/);
  });

  it('opens fewer connections than PostgreSQL takes', async () => {
    const { services } = await compose();
    const open = ['api', 'worker'].reduce((sum, name) => {
      const pool = connectionsOfProcess({ databasePool: services[name].environment.SEER_DATABASE_POOL });
      return sum + services[name].deploy.replicas * pool;
    }, 0);
    const [, most] = /max_connections=(\d+)/.exec(services.postgres.command.join(' '))!;
    // Less superuser_reserved_connections, as they are by default.
    expect(open).toBeLessThanOrEqual(Number(most) - 3);
  });
});

describe('.env.example', () => {
  const lines = async () => [...(await readFile('.env.example', 'utf8')).matchAll(/^#?([A-Z][A-Z_]+)=(.*)$/gm)];
  /** Set by docker-compose.yml and the image, of one command, of tests. */
  const elsewhere = /^(PORT|HOST|DATABASE_URL|NODE_ENV|SEER_DATA_DIR|SEER_ROLE|SEER_OLD_\w+|SEER_FAULT_POINT)$/;

  it('has every variable that an operator sets, and no other', async () => {
    const known = describeVariables()
      .map(({ name }) => name.replace('<PROVIDER>', 'GOOGLE'))
      .filter((name) => !elsewhere.test(name));
    const named = (await lines()).map(([, name]) => name!);
    expect(named.toSorted()).toEqual([...known, 'POSTGRES_PASSWORD'].toSorted());
  });

  it('shows values that are taken', async () => {
    for (const [, name, value] of await lines()) {
      const signIn = { SEER_AUTH_ISSUER: 'https://id.example.com', SEER_AUTH_AUDIENCE: 'seer' };
      expect(() => readEnvironment({ ...signIn, [name!]: value })).not.toThrow();
    }
  });
});
