import { Client, escapeIdentifier } from 'pg';

/** Pause before a lost connection is tried again, in milliseconds. */
const RECONNECT_MS = 500;
const CONNECT_TIMEOUT_MS = 5_000;
/** Nothing is heard for hours on a connection that a router has forgotten; after this long, the system asks. */
const KEEP_ALIVE_MS = 10_000;
/** How long the database has to say goodbye. */
const GOODBYE_MS = 1_000;

/**
 * Hears what other processes announce with PostgreSQL's NOTIFY. LISTEN belongs to a connection, so it has one of its
 * own outside the pool. Announcements made while that connection is down are lost: `onLost` is the moment to forget
 * all that depends on hearing them.
 */
export class NotificationListener {
  private client: Client | undefined;
  private hears = false;
  private retry: NodeJS.Timeout | undefined;

  constructor(
    private readonly options: {
      /** Connection string of PostgreSQL. */
      url: string;
      channel: string;
      onNotification: (payload: string) => void;
      onLost: () => void;
    },
  ) {}

  /** Whether announcements arrive at the moment. */
  get listening(): boolean {
    return this.hears;
  }

  /** Resolves after the first attempt to connect; further ones follow by themselves until `stop`. */
  async start(): Promise<void> {
    const { url, channel, onNotification } = this.options;
    const client = new Client({
      connectionString: url,
      application_name: `seer listen ${channel}`,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    });
    this.client = client;
    client.on('notification', ({ payload }) => onNotification(payload ?? ''));
    client.on('error', () => this.lose(client));
    client.on('end', () => this.lose(client));
    try {
      await client.connect();
      await client.query(`listen ${escapeIdentifier(channel)}`);
      this.hears = this.client === client;
    } catch {
      this.lose(client);
    }
  }

  async stop(): Promise<void> {
    const { client } = this;
    this.client = undefined;
    this.hears = false;
    clearTimeout(this.retry);
    if (!client) return;
    const late = setTimeout(() => client.connection.stream.destroy(), GOODBYE_MS);
    await client.end();
    clearTimeout(late);
  }

  /** A broken connection reports itself more than once; only the first report of the current one counts. */
  private lose(client: Client): void {
    if (this.client !== client) return;
    this.client = undefined;
    this.hears = false;
    this.options.onLost();
    client.end().catch(() => {});
    this.retry = setTimeout(() => void this.start(), RECONNECT_MS).unref();
  }
}
