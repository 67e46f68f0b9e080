import { randomBytes } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { MikroOrmModule } from '@mikro-orm/nestjs';
import { Entity, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { EntityManager, MikroORM, PostgreSqlDriver } from '@mikro-orm/postgresql';
import {
  Body,
  Controller,
  type DynamicModule,
  Get,
  HttpCode,
  Module,
  Param,
  Post,
  Query,
  Req,
  Res,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type NestExpressApplication } from '@nestjs/platform-express';
import { ApiCreatedResponse } from '@nestjs/swagger';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import { type Request, type Response } from 'express';
import { ormOptions } from '../src/common/database/orm-options.js';
import { DomainError } from '../src/common/errors.js';
import { Public } from '../src/common/http/access.js';
import { rawBodyOf } from '../src/common/http/body/json-body.js';
import { HttpModule } from '../src/common/http/http.module.js';
import { IdempotencyRecord } from '../src/common/http/idempotency/idempotency-record.entity.js';
import { pruneIdempotencyRecords } from '../src/common/http/idempotency/idempotency-store.js';
import { Idempotent } from '../src/common/http/idempotency/idempotent.js';
import { limits } from '../src/common/http/limits.js';
import { CursorCodec } from '../src/common/http/paging/cursor.js';
import { PageQuery } from '../src/common/http/paging/page.dto.js';
import { loadPage } from '../src/common/http/paging/page.js';
import { createHttpAdapter, type HttpSettings, setUpHttp } from '../src/common/http/set-up-http.js';
import { JsonObject, JsonValue } from '../src/common/http/validation/json-field.js';
import { openApiDocument } from '../src/openapi.js';
import { createDatabase } from './support/database.js';

@Entity()
class Thing {
  @PrimaryKey({ type: 'integer', autoincrement: true })
  id?: number;

  @Property({ type: 'text' })
  name: string;
}

class CreateThing {
  @IsString()
  @MaxLength(20)
  name: string;

  @IsOptional()
  @JsonObject({ required: false })
  spec?: object;

  @JsonValue({ required: false })
  value?: unknown;
}

class ThingExpiredError extends DomainError {
  readonly code = 'thing-expired';
  readonly kind = 'conflict';
  override readonly extensions = { current_revision: 3 };
}

@Controller('things')
class ThingsController {
  constructor(
    private readonly em: EntityManager,
    private readonly cursors: CursorCodec,
  ) {}

  @Public()
  @Post()
  @Idempotent()
  @ApiCreatedResponse()
  async create(@Body() body: CreateThing, @Res({ passthrough: true }) response: Response) {
    const thing = this.em.create(Thing, { name: body.name });
    await this.em.flush();
    response.location(`/things/${thing.id}`);
    if (body.name === 'too late') throw new ThingExpiredError('The thing expired.');
    return { z: thing.id, name: thing.name };
  }

  @Public()
  @Post('echo')
  @HttpCode(200)
  echo(@Body() body: CreateThing, @Req() request: Request) {
    const same = body.spec === (request.body as CreateThing).spec && body.value === (request.body as CreateThing).value;
    return { same, spec: body.spec, value: body.value };
  }

  @Get()
  list(@Query() query: PageQuery) {
    const names = ['e', 'd', 'c', 'b', 'a'];
    return loadPage(this.cursors, {
      query,
      scope: { owner: '1', list: 'things' },
      load: async (count, after) => names.filter((name) => !after || name < String(after[0])).slice(0, count),
      positionOf: (name) => [name],
      toItem: (name) => ({ name }),
    });
  }

  @Get('broken/:how')
  broken(@Param('how') how: string, @Res({ passthrough: true }) response: Response) {
    if (how === 'half') response.write('half');
    if (how === 'away') throw Object.assign(new Error('secret'), { code: 'ECONNREFUSED' });
    throw new Error('select * from secret');
  }
}

@Controller('hooks')
class HooksController {
  @Post(':token')
  take(@Req() request: Request) {
    return { bytes: rawBodyOf(request)?.toString('hex') };
  }
}

@Module({})
class TestModule {
  static forRoot(url: string): DynamicModule {
    const database = MikroOrmModule.forRootAsync({
      driver: PostgreSqlDriver,
      useFactory: () => ormOptions({ url, entities: [IdempotencyRecord, Thing] }),
    });
    const http = HttpModule.forRoot({
      cursorKey: { useFactory: () => () => Buffer.alloc(32, 1) },
      callerId: (request) => request.get('x-user') ?? '1',
      problems: [{ 'thing-expired': { title: 'Thing expired', explanation: 'Make a <new> one.' } }],
    });
    const imports = [database as DynamicModule, http];
    return { module: TestModule, imports, controllers: [ThingsController, HooksController] };
  }
}

interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  body: any;
}

let app: NestExpressApplication;
let orm: MikroORM;
let url: string;

async function start(settings: HttpSettings): Promise<NestExpressApplication> {
  const options = { bodyParser: false, abortOnError: false, logger: false } as const;
  const made = await NestFactory.create<NestExpressApplication>(TestModule.forRoot(url), createHttpAdapter(), options);
  setUpHttp(made, settings);
  return made.listen(0, '127.0.0.1').then(() => made);
}

/** Sends the path as it is written; `fetch` would tidy it up. Objects go as JSON. */
async function call(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
  on = app,
): Promise<Answer> {
  const { port } = new URL(await on.getUrl());
  const bytes = body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  const json = bytes === undefined ? {} : { 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    const sent = httpRequest(
      { host: '127.0.0.1', port, method, path, headers: { ...json, ...headers } },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('end', () => {
          const body = /json/.test(String(response.headers['content-type'])) && text ? JSON.parse(text) : undefined;
          resolve({ status: response.statusCode!, headers: response.headers, text, body });
        });
      },
    );
    sent.on('error', reject).end(bytes);
  });
}

const names = async () => (await orm.em.fork().find(Thing, {})).map(({ name }) => name);

beforeAll(async () => {
  url = await createDatabase(`http_${randomBytes(6).toString('hex')}`);
  orm = await MikroORM.init(ormOptions({ url, entities: [IdempotencyRecord, Thing] }));
  await orm.schema.create();
  app = await start({ anyMediaType: ['/hooks/'] });
});

afterAll(async () => {
  await app.close();
  await orm.close();
});

describe('problems', () => {
  it('answers an unknown route with a problem that names it, without the query', async () => {
    const answer = await call('GET', '/nowhere?token=secret', undefined, { 'x-request-id': 'my-id' });
    expect(answer.status).toBe(404);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.body).toMatchObject({ type: '/problems/route-not-found', code: 'route-not-found', status: 404 });
    expect(answer.body).toMatchObject({ title: 'No such route', request_id: 'my-id' });
    expect(answer.body.detail).toContain('GET /nowhere');
    expect(answer.text).not.toContain('secret');
  });

  it('names the methods of a path that has others', async () => {
    const answer = await call('DELETE', '/things');
    expect(answer).toMatchObject({
      status: 405,
      headers: { allow: 'GET, HEAD, POST' },
      body: { code: 'method-not-allowed' },
    });
  });

  it('shows a domain error with its members', async () => {
    const answer = await call('POST', '/things', { name: 'too late' }, { 'idempotency-key': 'k0' });
    expect(answer).toMatchObject({
      status: 409,
      body: { title: 'Thing expired', detail: 'The thing expired.', current_revision: 3 },
    });
    expect(answer.headers.location).toBeUndefined();
  });

  it('says nothing about the cause of an internal error', async () => {
    const answer = await call('GET', '/things/broken/now');
    expect(answer).toMatchObject({ status: 500, body: { code: 'internal-error' } });
    expect(answer.text).not.toContain('secret');
  });

  it('answers 503 with Retry-After while the database is away', async () => {
    const answer = await call('GET', '/things/broken/away');
    expect(answer).toMatchObject({
      status: 503,
      headers: { 'retry-after': '2' },
      body: { code: 'database-unavailable' },
    });
  });

  it('ends an answer that had begun', async () => {
    expect(await call('GET', '/things/broken/half')).toMatchObject({ status: 200, text: 'half' });
  });

  it('sends no body to HEAD', async () => {
    expect(await call('HEAD', '/nowhere')).toMatchObject({ status: 404, text: '' });
    expect(await call('HEAD', '/things')).toMatchObject({ status: 200, text: '' });
  });

  it('explains each code on a page, as text', async () => {
    const page = await call('GET', '/problems/thing-expired');
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(page.text).toContain('Make a &lt;new&gt; one.');
    expect(await call('GET', '/problems/nonsense')).toMatchObject({
      status: 404,
      body: { code: 'problem-code-unknown' },
    });
  });
});

describe('paths', () => {
  it.each(['//things', '/things/', '/Things', '/THINGS', '/things//echo', '/./things', '/%74hings/'])(
    '%s is not /things',
    async (path) => {
      expect((await call('GET', path)).body).toMatchObject({ code: 'route-not-found' });
    },
  );

  it.each([
    ['/things/%', 'percent-encoding-invalid'],
    ['/things?cursor=%ff', 'percent-encoding-invalid'],
    ['/things/%00', 'nul-character'],
  ])('%s is refused', async (path, code) => {
    expect(await call('GET', path)).toMatchObject({ status: 400, body: { code } });
  });
});

describe('bodies', () => {
  const big = `{"name":"${'x'.repeat(limits.bodyBytes)}"}`;
  const nested = `{"name":"x","value":${'['.repeat(64)}${']'.repeat(64)}}`;

  it.each<[string, string | Buffer, Record<string, string>, number, string]>([
    ['too large', big, {}, 413, 'body-too-large'],
    ['too large and without a length', big, { 'transfer-encoding': 'chunked' }, 413, 'body-too-large'],
    ['a form', 'name=x', { 'content-type': 'application/x-www-form-urlencoded' }, 415, 'media-type-unsupported'],
    ['text', '{}', { 'content-type': 'text/plain' }, 415, 'media-type-unsupported'],
    ['almost JSON by type', '{}', { 'content-type': 'application/jsonp' }, 415, 'media-type-unsupported'],
    ['UTF-16', '{}', { 'content-type': 'application/json; charset=utf-16' }, 415, 'charset-unsupported'],
    ['gzip', '{}', { 'content-encoding': 'gzip' }, 415, 'content-encoding-unsupported'],
    ['malformed', '{"name":}', {}, 400, 'json-malformed'],
    ['Latin-1', Buffer.from('{"name":"ü"}', 'latin1'), {}, 400, 'body-not-utf8'],
    ['a scalar', '"x"', {}, 400, 'json-not-structured'],
    ['too deep', nested, {}, 400, 'json-too-deep'],
    ['with __proto__', '{"name":"x","spec":{"__proto__":{}}}', {}, 400, 'json-forbidden-key'],
    ['with 2^53 + 1', '{"name":"x","value":9007199254740993}', {}, 400, 'json-integer-imprecise'],
    ['an array', '[]', {}, 400, 'request-invalid'],
    ['missing', '', {}, 400, 'request-invalid'],
  ])('refuses one that is %s', async (_what, body, headers, status, code) => {
    const answer = await call('POST', '/things', body, headers);
    expect(answer).toMatchObject({ status, body: { code, status } });
    expect(answer.body.request_id).toBe(answer.headers['x-request-id']);
  });

  it.each(['application/json; charset=UTF-8', 'application/merge-patch+json', 'APPLICATION/JSON'])(
    'takes %s',
    async (type) => {
      expect((await call('POST', '/things/echo', { name: 'x' }, { 'content-type': type })).status).toBe(200);
    },
  );

  it('hands free JSON on untouched, by reference', async () => {
    const spec = { constructor: { prototype: 1 }, prototype: null, then: 'x', nested: [{ hasOwnProperty: 0 }] };
    const answer = await call('POST', '/things/echo', { name: 'x', spec, value: [spec] });
    expect(answer.body).toEqual({ same: true, spec, value: [spec] });
  });

  it('leaves the bytes to routes that take any type', async () => {
    const answer = await call('POST', '/hooks/abc', Buffer.from([0, 255]), {
      'content-type': 'application/octet-stream',
    });
    expect(answer.body).toEqual({ bytes: '00ff' });
  });

  it('points to each wrong field', async () => {
    const answer = await call('POST', '/things', { name: 'x'.repeat(21), specs: {}, value: 1, constructor: undefined });
    expect(answer).toMatchObject({ status: 400, body: { code: 'request-invalid' } });
    expect(answer.body.errors).toEqual([
      { pointer: '/specs', code: 'unknown-field', message: 'There is no field "specs" here. Did you mean "spec"?' },
      { pointer: '/name', code: 'max-length', message: 'name must be shorter than or equal to 20 characters' },
    ]);
    expect((await call('POST', '/things', '{"name":"x","constructor":1}')).body).toMatchObject({
      code: 'unknown-field',
    });
  });

  it('says where an object with a constructor stands in place of a text', async () => {
    const answer = await call('POST', '/things', '{"spec":{"constructor":1},"name":{"a":{"constructor":1.5}}}');
    expect(answer).toMatchObject({ status: 400, body: { code: 'unknown-field' } });
  });
});

describe('lists', () => {
  it('walks through all pages', async () => {
    const first = (await call('GET', '/things?limit=3')).body;
    expect(first.items).toEqual([{ name: 'e' }, { name: 'd' }, { name: 'c' }]);
    expect((await call('GET', `/things?limit=3&cursor=${first.next_cursor}`)).body).toEqual({
      items: [{ name: 'b' }, { name: 'a' }],
      next_cursor: null,
    });
  });

  it.each([
    ['limit=0', 'request-invalid'],
    ['limit=101', 'request-invalid'],
    ['limit=x', 'request-invalid'],
    ['limit=1&limit=2', 'request-invalid'],
    ['cursor=made-up', 'cursor-invalid'],
    ['offset=3', 'unknown-field'],
    ['__proto__=3', 'unknown-field'],
  ])('refuses ?%s', async (query, code) => {
    expect(await call('GET', `/things?${query}`)).toMatchObject({ status: 400, body: { code } });
  });
});

describe('headers', () => {
  const styled = "default-src 'none';style-src 'unsafe-inline';form-action 'self';frame-ancestors 'none'";
  it.each([
    ['/things', "default-src 'none';frame-ancestors 'none'"],
    ['/nowhere', "default-src 'none';frame-ancestors 'none'"],
    ['/problems/rate-limited', styled],
  ])('of %s protect the answer', async (path, policy) => {
    const { headers } = await call('GET', path);
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'content-security-policy': policy,
      'x-content-type-options': 'nosniff',
      'ratelimit-limit': '600000',
      'x-request-id': expect.stringMatching(/^[\w-]{36}$/),
    });
    expect(headers['x-powered-by'] ?? headers.etag).toBeUndefined();
  });

  it('does not take a request id that could forge log lines', async () => {
    const { headers } = await call('GET', '/things', undefined, { 'x-request-id': 'a b' });
    expect(headers['x-request-id']).not.toBe('a b');
  });

  it('end a flood with 429', async () => {
    const limited = await start({ requestsPerAddress: 2 });
    const answers = [];
    for (let index = 0; index < 3; index++) answers.push(await call('GET', '/nowhere', undefined, {}, limited));
    await limited.close();
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 429]);
    expect(answers[2]).toMatchObject({ body: { code: 'rate-limited' }, headers: { 'ratelimit-remaining': '0' } });
    expect(Number(answers[2]!.headers['retry-after'])).toBeGreaterThan(0);
  });
});

describe('Idempotency-Key', () => {
  const create = (key: string, name: string, headers = {}) =>
    call('POST', '/things', { name }, { 'idempotency-key': key, ...headers });

  it('gives the first answer again, byte for byte', async () => {
    const first = await create('k1', 'once');
    const second = await create('k1', 'once');
    expect(first).toMatchObject({ status: 201, body: { name: 'once' } });
    expect(first.headers['idempotent-replayed']).toBeUndefined();
    expect(second).toMatchObject({ status: 201, text: first.text, headers: { 'idempotent-replayed': 'true' } });
    expect(second.headers.location).toBe(first.headers.location);
    expect((await names()).filter((name) => name === 'once')).toHaveLength(1);
  });

  it('belongs to one request of one user', async () => {
    await create('k2', 'mine');
    expect(await create('k2', 'other')).toMatchObject({ status: 422, body: { code: 'idempotency-key-reused' } });
    expect((await create('k2', 'other', { 'x-user': '2' })).status).toBe(201);
  });

  it('lets one of many parallel requests through', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => create('k3', 'parallel')));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(answers.filter(({ headers }) => headers['idempotent-replayed'])).toHaveLength(7);
    expect((await names()).filter((name) => name === 'parallel')).toHaveLength(1);
  });

  it('stores nothing of a request that failed', async () => {
    expect((await create('k4', 'too late')).status).toBe(409);
    expect((await create('k4', 'second try')).status).toBe(201);
    expect(await names()).toContain('second try');
    expect(await names()).not.toContain('too late');
  });

  it('is forgotten after 24 hours', async () => {
    await create('k5', 'old');
    await orm.em
      .fork()
      .execute(`update idempotency_record set created_at = now() - interval '25 hours' where key = 'k5'`);
    expect((await create('k5', 'new')).status).toBe(201);
    await orm.em
      .fork()
      .execute(`update idempotency_record set created_at = now() - interval '25 hours' where key = 'k5'`);
    expect(await pruneIdempotencyRecords(orm.em.fork(), 10)).toBe(1);
  });

  it.each(['x'.repeat(256), 'ü'])('may not be %p', async (key) => {
    expect(await create(key, 'x')).toMatchObject({ status: 400, body: { code: 'idempotency-key-invalid' } });
  });
});

describe('the OpenAPI document', () => {
  it('tells which problems each operation answers with, and who may call it', () => {
    const { paths, components } = openApiDocument(app);
    const create = paths['/things']!.post!;
    expect(create.security).toEqual([]);
    expect(Object.keys(create.responses)).toEqual(['201', '400', '413', '415', '422', '429', '500', '503']);
    expect(Object.keys(paths['/things']!.get!.responses)).toEqual(['200', '400', '401', '403', '429', '500', '503']);
    expect(components?.schemas).toHaveProperty('Problem');
  });
});
