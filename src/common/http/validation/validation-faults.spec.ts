import 'reflect-metadata';
import { plainToInstance, Type } from 'class-transformer';
import { IsInt, IsString, MaxLength, ValidateNested, validate } from 'class-validator';
import { limits } from '../limits.js';
import { RequestInvalidError } from './request-invalid.error.js';
import { faultsOf } from './validation-faults.js';

class Step {
  @IsInt()
  count: number;
}

class Request {
  @IsString()
  @MaxLength(5)
  name: string;

  @ValidateNested({ each: true })
  @Type(() => Step)
  steps: Step[] = [];
}

async function faults(body: object) {
  const errors = await validate(plainToInstance(Request, body), { whitelist: true, forbidNonWhitelisted: true });
  return faultsOf(errors);
}

describe('faultsOf', () => {
  it('names the constraint and the place', async () => {
    expect(await faults({ name: 'too long' })).toEqual([
      { pointer: '/name', code: 'max-length', message: 'name must be shorter than or equal to 5 characters' },
    ]);
  });

  it('points into nested objects and arrays', async () => {
    expect(await faults({ name: 'x', steps: [{ count: 1 }, { count: 'no' }] })).toMatchObject([
      { pointer: '/steps/1/count', code: 'is-int' },
    ]);
  });

  it('says which field was meant by an unknown one', async () => {
    expect(await faults({ name: 'x', Name: 'y', 'a/b': 1 })).toEqual([
      { pointer: '/Name', code: 'unknown-field', message: 'There is no field "Name" here. Did you mean "name"?' },
      { pointer: '/a~1b', code: 'unknown-field', message: 'There is no field "a/b" here.' },
    ]);
  });

  it('stops at the limit', async () => {
    const many = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`field_${index}`, 1]));
    expect(await faults({ name: 'x', ...many })).toHaveLength(limits.faults);
  });
});

describe('RequestInvalidError', () => {
  const fault = (code: string) => ({ pointer: '/a', code, message: `${code}.` });

  it('has a code of its own when all that is wrong are unknown fields', () => {
    expect(new RequestInvalidError([fault('unknown-field')]).code).toBe('unknown-field');
    expect(new RequestInvalidError([fault('unknown-field'), fault('is-int')]).code).toBe('request-invalid');
  });

  it('counts what its sentence leaves out', () => {
    expect(new RequestInvalidError([fault('is-int'), fault('min')]).message).toBe('is-int. (and 1 more, see errors)');
  });
});
