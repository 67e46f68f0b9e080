import { isJsonObject, type Json } from '../../common/json.js';
import { type ApiAnswer } from './api-call.js';
import { ToolError } from './tool-error.js';
import { shorten } from './verdict.js';

/**
 * An object in the answer of an API, read field by field: what is not as documented ends in an error that says where,
 * never in an output that is not as the tool promises.
 */
export class Fields {
  private constructor(
    private readonly answer: ApiAnswer,
    private readonly value: Readonly<Record<string, Json>>,
    private readonly path: string,
  ) {}

  /** The whole answer. @throws ToolError when it is no JSON object */
  static of(answer: ApiAnswer): Fields {
    return Fields.at(answer, answer.body, '');
  }

  /** The items of an answer that is a list of objects. @throws ToolError when it is none */
  static listOf(answer: ApiAnswer): Fields[] {
    const { body } = answer;
    if (!Array.isArray(body)) throw unlike(answer, 'a list');
    return body.map((item, index) => Fields.at(answer, item, `[${index}]`));
  }

  private static at(answer: ApiAnswer, value: Json | undefined, path: string): Fields {
    if (!isJsonObject(value)) throw unlike(answer, 'an object', path);
    return new Fields(answer, value, path);
  }

  /** What is there, whatever it is; undefined: nothing. */
  raw(name: string): Json | undefined {
    return Object.hasOwn(this.value, name) ? this.value[name] : undefined;
  }

  has(name: string): boolean {
    return (this.raw(name) ?? null) !== null;
  }

  object(name: string): Fields {
    return Fields.at(this.answer, this.raw(name), this.pathTo(name));
  }

  /** Missing and null are the same to most APIs. */
  objectOrNull(name: string): Fields | null {
    return this.has(name) ? this.object(name) : null;
  }

  text(name: string): string {
    const value = this.raw(name);
    if (typeof value !== 'string') throw this.wrong(name, 'a text');
    return value;
  }

  textOrNull(name: string): string | null {
    return this.has(name) ? this.text(name) : null;
  }

  integer(name: string): number {
    const value = this.raw(name);
    if (!Number.isSafeInteger(value)) throw this.wrong(name, 'a whole number');
    return value as number;
  }

  boolean(name: string): boolean {
    const value = this.raw(name);
    if (typeof value !== 'boolean') throw this.wrong(name, 'true or false');
    return value;
  }

  /** Many APIs leave an empty list out. */
  list(name: string): Json[] {
    const value = this.raw(name) ?? [];
    if (!Array.isArray(value)) throw this.wrong(name, 'a list');
    return value;
  }

  objects(name: string): Fields[] {
    return this.list(name).map((item, index) => Fields.at(this.answer, item, `${this.pathTo(name)}[${index}]`));
  }

  texts(name: string): string[] {
    return this.list(name).map((item) => {
      if (typeof item !== 'string') throw this.wrong(name, 'a list of texts');
      return item;
    });
  }

  /** An error about a field that is not as documented. */
  wrong(name: string, wanted: string): ToolError {
    return unlike(this.answer, wanted, this.pathTo(name));
  }

  private pathTo(name: string): string {
    return this.path === '' ? name : `${this.path}.${name}`;
  }
}

/** A read can be repeated; a write has most likely been done, only its answer is lost. */
function unlike({ host, method, status, body }: ApiAnswer, wanted: string, path = ''): ToolError {
  const place = path === '' ? `with something that is not ${wanted}` : `without ${wanted} at ${path}`;
  const message = `${host} answered ${status} to ${method} ${place}.`;
  return new ToolError('upstream-error', message, method === 'GET', { status, body: shorten(body) });
}
