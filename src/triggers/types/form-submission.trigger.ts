import { type Fault } from '../../common/errors.js';
import { isJsonObject, type JsonObject, pointerTo } from '../../common/json.js';
import { InvalidSchemaError, schemaValidator } from '../../common/json-schema.js';
import { defineTrigger } from './define-trigger.js';

interface FormConfig extends JsonObject {
  title: string;
  description: string;
  fields: JsonObject;
  submit_text: string;
  success_message: string;
}

/** What a name of a field may be: it stands in HTML, in addresses of faults and in expressions. */
const fieldName = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;
const MOST_FIELDS = 100;

export const formSubmission = defineTrigger<FormConfig>({
  key: 'form_submission',
  title: 'Form',
  description:
    'A page with a form, for people without an account; whoever has the link can fill it in. Programs send JSON to the same link. ' +
    'The fields are a JSON Schema: `title` and `description` of each are shown, and what is sent must satisfy it.',
  mode: 'form',
  config: {
    required: ['title', 'fields'],
    properties: {
      title: { type: 'string', minLength: 1, maxLength: 200 },
      description: { type: 'string', maxLength: 5_000, default: '' },
      fields: {
        type: 'object',
        required: ['type', 'properties'],
        properties: { type: { const: 'object' }, properties: { type: 'object', minProperties: 1 } },
        description: 'JSON Schema of an object of texts, numbers, booleans and choices.',
      },
      submit_text: { type: 'string', minLength: 1, maxLength: 100, default: 'Send' },
      success_message: {
        type: 'string',
        minLength: 1,
        maxLength: 1_000,
        default: 'Thank you. You can close this window.',
      },
    },
  },
  event: { type: 'object', description: 'The fields.', additionalProperties: true },
  sample: { email: 'ada@example.com', message: 'Hello' },
  example: {
    title: 'Contact',
    fields: {
      type: 'object',
      required: ['email', 'message'],
      properties: {
        email: { type: 'string', format: 'email', title: 'Your address' },
        message: { type: 'string', maxLength: 5_000, title: 'What is it about?' },
      },
    },
  },
  check: ({ fields }) => fieldFaults(fields),
  page: ({ title, description, fields, submit_text: submit, success_message: success }) => ({
    title,
    description,
    fields,
    submit,
    success,
  }),
});

function fieldFaults(fields: JsonObject): Fault[] {
  const names = isJsonObject(fields.properties) ? Object.keys(fields.properties) : [];
  const faults = names
    .filter((name) => !fieldName.test(name))
    .map((name) => ({
      pointer: pointerTo('/fields/properties', name),
      code: 'out-of-range',
      message: 'the name of a field begins with a letter or _, and has at most 63 letters, digits and _',
    }));
  if (names.length > MOST_FIELDS)
    faults.push({
      pointer: '/fields/properties',
      code: 'out-of-range',
      message: `must be at most ${MOST_FIELDS} fields`,
    });
  try {
    schemaValidator(fields);
  } catch (error) {
    if (!(error instanceof InvalidSchemaError)) throw error;
    faults.push({ pointer: '/fields', code: 'schema-invalid', message: error.message });
  }
  return faults;
}
