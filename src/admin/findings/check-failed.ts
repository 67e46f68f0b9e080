import { defineFinding, type Finding, type Trouble } from '../../common/findings/define-finding.js';

const kind = defineFinding({
  code: 'check-failed',
  severity: 'error',
  title: 'A check could not be made',
  remedy: 'Whether there is trouble of this kind is not known. Look at the log, and at the load of the database.',
  find: () => Promise.resolve([]),
});

/** That this kind of trouble could not be looked for. */
export function checkFailed({ code, title }: Finding, why: string): [Finding, Trouble] {
  return [kind, { summary: `The check ${code} ("${title}") could not be made: ${why}.`, since: null, ids: [] }];
}
