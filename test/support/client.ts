import { type Answer } from './answer.js';
import { expectDocumented } from './openapi.js';

/** An HTTP client that checks every answer against the OpenAPI document of the server. */
export class Client {
  constructor(
    readonly url: string,
    private readonly token?: string,
  ) {}

  /** The header that says who calls. */
  get authorization(): Record<string, string> {
    return this.token ? { authorization: `Bearer ${this.token}` } : {};
  }

  as(token: string): Client {
    return new Client(this.url, token);
  }

  get<Body = any>(path: string, headers?: Record<string, string>) {
    return this.call<Body>('GET', path, undefined, headers);
  }

  post<Body = any>(path: string, body?: unknown, headers?: Record<string, string>) {
    return this.call<Body>('POST', path, body, headers);
  }

  patch<Body = any>(path: string, body?: unknown, headers?: Record<string, string>) {
    return this.call<Body>('PATCH', path, body, headers);
  }

  put<Body = any>(path: string, body?: unknown, headers?: Record<string, string>) {
    return this.call<Body>('PUT', path, body, headers);
  }

  delete<Body = any>(path: string, headers?: Record<string, string>) {
    return this.call<Body>('DELETE', path, undefined, headers);
  }

  /** `body` is sent as JSON; a string is sent as it is. */
  async call<Body>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer<Body>> {
    const response = await fetch(this.url + path, {
      method,
      redirect: 'manual',
      headers: {
        ...this.authorization,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
    });
    const text = await response.text();
    const json = /json/.test(response.headers.get('content-type') ?? '') && text !== '' ? JSON.parse(text) : text;
    const answer = { status: response.status, headers: response.headers, body: json as Body };
    await expectDocumented(this.url, method, path, answer);
    return answer;
  }
}
