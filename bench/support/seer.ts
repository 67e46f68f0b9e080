import { randomBytes } from 'node:crypto';
import { type JsonObject } from '../../src/common/json.js';
import { Program } from './program.js';

/** A running Seer and a client of it. */
export class Seer {
  private constructor(
    readonly program: Program,
    readonly url: string,
    private readonly key: string,
  ) {}

  /** Starts a program with production's defaults; resolves when it listens. */
  static async start(variables: Record<string, string>, script = 'src/main.js'): Promise<Seer> {
    const key = variables.SEER_BOOTSTRAP_API_KEY ?? newKey();
    const program = new Program(script, {
      PORT: '0',
      NODE_ENV: 'production',
      ...variables,
      SEER_BOOTSTRAP_API_KEY: key,
    });
    const [, url] = await program.says(/Seer is ready at (\S+)/);
    return new Seer(program, url!, key);
  }

  /** On a database that exists already. */
  static onDatabase(url: string, script?: string, variables: Record<string, string> = {}): Promise<Seer> {
    const key = Buffer.alloc(32, 7).toString('base64');
    return Seer.start({ DATABASE_URL: url, SEER_MASTER_KEY: key, ...variables }, script);
  }

  get headers(): Record<string, string> {
    return { authorization: `Bearer ${this.key}` };
  }

  post<Body>(path: string, body: unknown): Promise<Body> {
    return this.ask<Body>(path, {
      method: 'POST',
      headers: { ...this.headers, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  }

  get<Body>(path: string): Promise<Body> {
    return this.ask<Body>(path, { headers: this.headers });
  }

  private async ask<Body>(path: string, request: RequestInit): Promise<Body> {
    const response = await fetch(this.url + path, request);
    const answer = (await response.json()) as Body;
    if (!response.ok) throw new Error(`${path}: ${response.status} ${JSON.stringify(answer)}`);
    return answer;
  }

  /** A published workflow. @returns the path that runs it */
  async publish(spec: JsonObject): Promise<string> {
    return `/v1/workflows/${await this.publishWorkflow(spec)}/runs`;
  }

  /** A published workflow that is subscribed to a webhook. @returns the path of its link */
  async subscribe(spec: JsonObject, config: JsonObject): Promise<string> {
    const request = { workflow_id: await this.publishWorkflow(spec), trigger_type: 'webhook', config };
    const { webhook_url: url } = await this.post<{ webhook_url: string }>('/v1/trigger-subscriptions', request);
    return new URL(url).pathname;
  }

  private async publishWorkflow(spec: JsonObject): Promise<string> {
    const { workflow_id: id } = await this.post<{ workflow_id: string }>('/v1/workflows', { name: 'Bench', spec });
    await this.post(`/v1/workflows/${id}/publish`, {});
    return id;
  }

  stop(): Promise<void> {
    return this.program.stop();
  }
}

export function newKey(): string {
  return `sk_bench_${randomBytes(24).toString('base64url')}`;
}
