import { type Fault } from '../../common/errors.js';
import { isJsonObject, type Json, type JsonObject } from '../../common/json.js';
import { schemaValidator } from '../../common/json-schema.js';
import { type Pause } from '../nodes/pause.js';
import { formSchemaOf } from './approval-form.js';
import { ApprovalAnswerInvalidError } from './approval.errors.js';

/**
 * What an approval is answered with: `{approved, form?}`.
 * @param at pointer to the value in the request
 * @throws ApprovalAnswerInvalidError
 */
export function checkedAnswer(pause: Pause, value: Json | undefined, at: string): JsonObject {
  const schema = formSchemaOf(pause);
  const given: JsonObject = isJsonObject(value) ? value : {};
  const faults: Fault[] = [];
  if (typeof given.approved !== 'boolean') {
    faults.push({ pointer: `${at}/approved`, code: 'wrong-type', message: 'must be true or false' });
  }
  for (const field of Object.keys(given)) {
    if (field === 'approved' || field === 'form') continue;
    faults.push({ pointer: `${at}/${field}`, code: 'unknown-field', message: `there is no field "${field}" here` });
  }
  const form = given.form ?? (schema === undefined ? null : {});
  // Who says no need not fill in what a yes would need.
  if (schema !== undefined && given.approved === true) {
    const found = schemaValidator(schema).validate(form);
    faults.push(...found.map((fault) => ({ ...fault, pointer: `${at}/form${fault.pointer}` })));
  } else if (schema === undefined && given.form !== undefined && given.form !== null) {
    faults.push({ pointer: `${at}/form`, code: 'not-allowed', message: 'this approval has no form' });
  }
  if (faults.length > 0) throw new ApprovalAnswerInvalidError(faults);
  return { approved: given.approved!, form };
}
