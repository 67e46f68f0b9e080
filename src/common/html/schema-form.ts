import { type Fault } from '../errors.js';
import { isJsonObject, type Json, type JsonObject } from '../json.js';
import { type JsonSchema } from '../json-schema.js';
import { html, type Html } from './html.js';

/** What a form shows besides its fields, after an answer was not good. */
export interface FormState {
  readonly values?: JsonObject;
  /** With pointers into the values. */
  readonly faults?: readonly Fault[];
}

interface Field {
  readonly name: string;
  readonly schema: JsonObject;
  readonly required: boolean;
}

const inputTypes: Readonly<Record<string, string>> = {
  email: 'email',
  date: 'date',
  uri: 'url',
  time: 'time',
};

/** A text that may be longer than this gets a box of several lines. */
const ONE_LINE = 200;

/** The fields of an object's JSON Schema as accessible HTML: every field has a label, and its fault beside it. */
export function formFields(schema: JsonSchema | undefined, { values = {}, faults = [] }: FormState = {}): Html[] {
  return fieldsOf(schema).map((field) => {
    const id = `field-${field.name}`;
    const mine = faults.filter(({ pointer }) => pointer === `/${field.name}` || pointer.startsWith(`/${field.name}/`));
    const { title, description } = field.schema;
    const label = typeof title === 'string' ? title : field.name;
    const faulty = mine.map(({ message }) => html`<p class="fault" id="${id}-fault">${label}: ${message}</p>`);
    return html`${control(field, { id, label, value: values[field.name], isFaulty: mine.length > 0 })}
${typeof description === 'string' && html`<p class="hint">${description}</p>`}
${faulty}
`;
  });
}

/** The object that a sent form stands for: texts become what the schema asks for, where they can. */
export function formValues(schema: JsonSchema | undefined, sent: URLSearchParams): JsonObject {
  const values: Record<string, Json> = {};
  for (const { name, schema: field, required } of fieldsOf(schema)) {
    const text = sent.get(name);
    if (field.type === 'boolean') values[name] = text !== null;
    // An empty field is one that was left out; a required text may be empty if its schema says so.
    else if (text !== null && (text !== '' || (required && field.type === 'string')))
      values[name] = valueOf(field, text);
  }
  return values;
}

function fieldsOf(schema: JsonSchema | undefined): Field[] {
  if (!isJsonObject(schema) || !isJsonObject(schema.properties)) return [];
  const required = Array.isArray(schema.required) ? schema.required : [];
  return Object.entries(schema.properties).map(([name, field]) => ({
    name,
    schema: isJsonObject(field) ? field : {},
    required: required.includes(name),
  }));
}

interface Control {
  readonly id: string;
  readonly label: string;
  readonly value: Json | undefined;
  readonly isFaulty: boolean;
}

function control({ name, schema, required }: Field, { id, label, value: given, isFaulty }: Control): Html {
  const value = given === undefined ? (schema.default ?? '') : given;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const fault = isFaulty && html` aria-invalid="true" aria-describedby="${id}-fault"`;
  const common = html`id="${id}" name="${name}"${required && html` required`}${fault}`;
  if (schema.type === 'boolean') {
    const box = html`<input type="checkbox" id="${id}" name="${name}" value="true"${value === true && html` checked`}>`;
    return html`<label class="check">${box} ${label}</label>`;
  }
  const labelled = html`<label for="${id}">${label}${required && ' *'}</label>`;
  if (Array.isArray(schema.enum)) {
    const none = !required && html`<option value=""></option>`;
    return html`${labelled}<select ${common}>${none}${options(schema.enum, text)}</select>`;
  }
  if (schema.type === 'number' || schema.type === 'integer') {
    const step = schema.type === 'integer' ? '1' : 'any';
    return html`${labelled}<input type="number" step="${step}" ${common} value="${text}">`;
  }
  if (schema.type !== 'string' || Number(schema.maxLength ?? 0) > ONE_LINE) {
    // HTML drops the first line break of a textarea.
    return html`${labelled}<textarea rows="5" ${common}>\n${text}</textarea>`;
  }
  const type = inputTypes[typeof schema.format === 'string' ? schema.format : ''] ?? 'text';
  return html`${labelled}<input type="${type}" ${common} value="${text}">`;
}

function options(values: readonly Json[], chosen: string): Html[] {
  return values.map((value) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return html`<option value="${text}"${text === chosen && html` selected`}>${text}</option>`;
  });
}

/** Text that is not what the schema asks for stays text: the check of the schema says so. */
function valueOf(schema: JsonObject, text: string): Json {
  if (schema.type === 'string') return text.replaceAll('\r\n', '\n');
  if (Array.isArray(schema.enum) && schema.enum.includes(text)) return text;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}
