import { RequestInvalidError } from '../../common/http/validation/request-invalid.error.js';

/** Number of the last step that the client has seen. @throws RequestInvalidError when the header is no number of ours */
export function lastEventIdOf(header: string | undefined): number {
  if (header === undefined || header === '') return 0;
  if (/^[0-9]{1,9}$/.test(header)) return Number(header);
  const message = 'Last-Event-ID must be the id of an event of this stream, such as 17.';
  throw new RequestInvalidError([{ pointer: '/Last-Event-ID', code: 'out-of-range', message }]);
}
