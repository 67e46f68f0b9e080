import { type PostgresMetadata } from '../tools/postgres/postgres-metadata.js';
import { inPostgres } from '../tools/postgres/postgres-session.js';
import { defineResourceType } from './define-resource-type.js';
import { caSchema, hostSchema, portSchema } from './host-schema.js';

/** Control characters end texts in the protocol, and have no place in names. */
const nameSchema = { type: 'string', minLength: 1, maxLength: 63, pattern: '^[^\\x00-\\x1f\\x7f]+$' };

const found = `
  select pg_catalog.current_setting('server_version') as version,
         pg_catalog.current_database()::text as database,
         current_user::text as "user",
         (select count(*)::text from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
           where c.relkind in ('r', 'p', 'v', 'm', 'f')
             and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname not like 'pg\\_%'
             and pg_catalog.has_schema_privilege(n.oid, 'usage')
             and pg_catalog.has_table_privilege(c.oid, 'select')) as tables`;

export const postgresDatabase = defineResourceType<PostgresMetadata>({
  key: 'postgres_database',
  title: 'PostgreSQL database',
  description:
    'A PostgreSQL database, for `postgres.query`. Give it a role that may do no more than its workflows need. Poolers work, ' +
    'also in transaction mode. The secret `password` goes to `host` and `port` only.',
  provider: 'postgres',
  metadata: {
    type: 'object',
    additionalProperties: false,
    required: ['host', 'database', 'user'],
    properties: {
      host: hostSchema,
      port: { ...portSchema, default: 5432 },
      database: nameSchema,
      user: nameSchema,
      tls: {
        enum: ['require', 'insecure', 'disable'],
        default: 'require',
        description:
          '`require`: encrypted, the certificate and its name are verified; `insecure`: encrypted, but not verified, so that ' +
          'somebody in between could answer; `disable`: not encrypted.',
      },
      ca: caSchema,
    },
  },
  secrets: { type: 'object', additionalProperties: false, properties: { password: { type: 'string' } } },
  example: {
    metadata: { host: 'db.example.com', database: 'shop', user: 'reporting' },
    secrets: { password: 'correct horse battery staple' },
  },
  targets: ({ host, port }) => [`${host}:${port}`],
  test: (access) =>
    inPostgres(access, { write: false, timeoutMs: 10_000 }, async (session) => {
      const [row] = await session.rows<Record<'version' | 'database' | 'user' | 'tables', string>>(found);
      const { version, database, user, tables } = row!;
      return `PostgreSQL ${version}, database ${database}, as ${user}; ${tables} tables can be read.`;
    }),
});
