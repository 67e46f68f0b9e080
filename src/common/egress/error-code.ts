import { isNativeError } from 'node:util/types';

/** The `code` of an error of Node or undici, such as `ECONNREFUSED`; empty where there is none. */
export function errorCode(error: unknown): string {
  return isNativeError(error) && 'code' in error ? String(error.code) : '';
}
