import { type Socket } from 'node:net';
import pg from 'pg';
import { type PostgresMetadata } from './postgres-metadata.js';

/** Values as the server writes them; `postgres-values.ts` makes JSON of them when the types are known. */
export const asText: pg.CustomTypesConfig = { getTypeParser: () => (text: string) => text };

/** What ends a backend's work, as pg knows it. */
export interface BackendKey {
  readonly processID: number;
  readonly secretKey: number;
}

/** pg's client, speaking through a stream that is open already, and saying nothing about where Seer itself runs. */
export class SeerClient extends pg.Client {
  constructor(
    stream: Socket,
    private readonly metadata: PostgresMetadata,
    password: string,
  ) {
    const { host, port, user, database } = metadata;
    super({
      host,
      port,
      user,
      database,
      // A function: in place of an empty text, pg would send what PGPASSWORD or a .pgpass of Seer's machine says.
      password: () => password,
      // The stream is encrypted already, if the resource wants that. Said explicitly for PGSSLMODE and its like.
      ssl: false,
      sslnegotiation: 'postgres',
      stream: () => asUnconnected(stream),
      types: asText,
    });
  }

  /** pg would add what it finds in PGOPTIONS, PGREPLICATION … of Seer's own environment. It asks for UTF-8 by itself. */
  getStartupConf(): Record<string, string> {
    const { user, database } = this.metadata;
    return { user, database, application_name: 'seer' };
  }

  /** Known once the server has let us in. */
  get backendKey(): BackendKey {
    return this as unknown as BackendKey;
  }
}

/** pg wants to connect by itself; it is told that it has. */
function asUnconnected(stream: Socket): Socket {
  const connect = () => {
    setImmediate(() => stream.emit('connect'));
    return stream;
  };
  return Object.assign(stream, { connect });
}
