import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import ajvFormats from 'ajv-formats';
import { type Answer } from './answer.js';

interface Document {
  paths: Record<
    string,
    Record<string, { responses: Record<string, { content?: Record<string, { schema: object }> }> }>
  >;
  components: { schemas: Record<string, object> };
}

class Contract {
  private readonly ajv = new Ajv2020({ strict: false, allErrors: true });
  private readonly validators = new Map<object, ValidateFunction>();
  private readonly routes: { pattern: RegExp; template: string }[];

  constructor(private readonly document: Document) {
    ajvFormats.default(this.ajv);
    this.ajv.addSchema({ $id: 'openapi', components: document.components });
    this.routes = Object.keys(document.paths)
      .map((template) => ({ template, pattern: new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+')}$`) }))
      // A literal path is a better match than one with parameters.
      .sort((a, b) => a.template.split('{').length - b.template.split('{').length);
  }

  /** @returns what is wrong with the answer, undefined when it is as documented. */
  fault(method: string, path: string, answer: Answer): string | undefined {
    const route = this.routes.find(({ pattern }) => pattern.test(path.split('?')[0]!));
    const operation = route && this.document.paths[route.template]![method.toLowerCase()];
    // Routes that do not exist have no description to be compared with.
    if (!operation) return undefined;
    const response = operation.responses[answer.status] ?? operation.responses.default;
    if (!response) return `status ${answer.status} is not documented`;
    const type = answer.headers.get('content-type')?.split(';')[0];
    if (!response.content) return answer.body === '' ? undefined : 'a body is not documented';
    if (!type || !response.content[type]) return `media type ${type} is not documented`;
    const validate = this.validator(response.content[type].schema);
    return validate(answer.body) ? undefined : this.ajv.errorsText(validate.errors);
  }

  private validator(schema: object): ValidateFunction {
    let validate = this.validators.get(schema);
    if (!validate) {
      const text = JSON.stringify(schema).replaceAll('"#/components', '"openapi#/components');
      validate = this.ajv.compile(JSON.parse(text) as object);
      this.validators.set(schema, validate);
    }
    return validate;
  }
}

/** By the text of the document: that of most apps is the same, and compiling it takes longer than many a test. */
const contracts = new Map<string, Contract>();
/** By the address of the server. */
const served = new Map<string, Promise<Contract>>();

async function contractOf(url: string): Promise<Contract> {
  const text = await (await fetch(`${url}/openapi.json`)).text();
  const contract = contracts.get(text) ?? new Contract(JSON.parse(text) as Document);
  contracts.set(text, contract);
  return contract;
}

/** When a server starts: there may have been another one at this address. */
export function forgetDocument(url: string): void {
  served.delete(url);
}

/** Fails when an answer is not what the server's own OpenAPI document says. */
export async function expectDocumented(url: string, method: string, path: string, answer: Answer): Promise<void> {
  let contract = served.get(url);
  if (!contract) served.set(url, (contract = contractOf(url)));
  const fault = (await contract).fault(method, path, answer);
  if (fault) {
    throw new Error(
      `${method} ${path} → ${answer.status} is not as documented: ${fault}\n${JSON.stringify(answer.body)}`,
    );
  }
}
