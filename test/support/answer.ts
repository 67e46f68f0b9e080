/** What a server answered; a JSON body is parsed, another one is text. */
export interface Answer<Body = unknown> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}
