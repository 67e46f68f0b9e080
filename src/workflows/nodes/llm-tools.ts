import { isJsonObject, type Json, type JsonObject, pointerTo } from '../../common/json.js';
import { type JsonSchema } from '../../common/json-schema.js';
import { type ModelFunction, type ModelFunctionCall, type Tool, type ToolCatalogue } from '../../integrations/index.js';
import { type NodeUse } from './define-node.js';
import { type Execution } from './execution.js';
import { type TemplatePlace } from './place.js';
import { parseToolInputs, toolInputsPlace } from './tool-inputs.js';
import { useOf } from './tool.node.js';

/** A tool that a model may call, and what is fixed of it. */
export interface LlmTool {
  readonly tool: string;
  readonly name?: string;
  readonly description?: string;
  readonly inputs?: JsonObject;
  readonly connection?: string;
  readonly resource?: string;
}

/** The functions of one conversation, and how they are called. */
export interface LlmFunctions {
  readonly functions: readonly ModelFunction[];
  /**
   * Calls what the model asks for. What goes wrong is an answer to the model, which may do better.
   * @throws what no model can mend: an account or a resource that is not there
   */
  call(wanted: ModelFunctionCall, execution: Execution): Promise<Json>;
}

/** Failures that the owner of the workflow must mend. */
const forTheOwner = /^(connection|resource)-|^secret-bound$/;

/** Where expressions stand in `tools`. */
export function toolPlaces(tools: unknown): TemplatePlace[] {
  return entriesOf(tools).flatMap(({ entry, pointer }) => toolInputsPlace(`${pointer}/inputs`, entry.inputs));
}

/** What the tools work with, for the preflight. */
export function toolUses(tools: unknown): NodeUse[] {
  return entriesOf(tools).map(({ entry, pointer, isKey }) => ({
    ...useOf(entry.tool, entry, pointer),
    partial: true,
    ...(isKey && { toolPointer: pointer }),
  }));
}

/** Prepares the tools of a node once. @returns what makes the functions of one execution */
export function prepareFunctions(tools: unknown, catalogue: ToolCatalogue): LlmFunctions {
  const prepared = new Map<string, PreparedFunction>();
  for (const { entry } of entriesOf(tools)) {
    const tool = catalogue.get(entry.tool)!;
    const name = freeName(entry.name ?? tool.key.replaceAll('.', '_'), prepared);
    prepared.set(name, { entry, declared: declare(name, entry, tool), fixed: parseToolInputs(entry.inputs ?? {}) });
  }
  return {
    functions: [...prepared.values()].map(({ declared }) => declared),
    call: (wanted, execution) => call(prepared.get(wanted.name), wanted, execution),
  };
}

interface PreparedFunction {
  readonly entry: LlmTool;
  readonly declared: ModelFunction;
  readonly fixed: ReturnType<typeof parseToolInputs>;
}

async function call(
  prepared: PreparedFunction | undefined,
  { name, arguments: given }: ModelFunctionCall,
  execution: Execution,
): Promise<Json> {
  if (!prepared) return failure('input-invalid', `There is no function "${name}".`);
  if (!isJsonObject(given)) return failure('input-invalid', 'The arguments of a function are a JSON object.');
  const { entry, fixed } = prepared;
  const { inputs, withSecrets } = fixed(execution.scope);
  // What is fixed wins, whatever the model asks for.
  const all = { ...given, ...inputs };
  execution.showInputs({ tool: entry.tool, ...all });
  try {
    return await execution.callTool(
      {
        nodeId: execution.nodeId,
        tool: entry.tool,
        inputs: all,
        withSecrets: withSecrets && ((secrets) => ({ ...given, ...withSecrets(secrets) })),
        connection: entry.connection,
        resource: entry.resource,
      },
      execution,
    );
  } catch (error) {
    execution.signal.throwIfAborted();
    if (!(error instanceof Error) || !('code' in error) || !('retryable' in error)) throw error;
    const code = String(error.code);
    if (forTheOwner.test(code)) throw error;
    return failure(code, error.message);
  }
}

function failure(code: string, message: string): Json {
  return { error: { code, message } };
}

/** One of the tools of a node, wherever it stands. */
interface Entry {
  readonly entry: LlmTool;
  readonly pointer: string;
  readonly isKey: boolean;
}

function entriesOf(tools: unknown): Entry[] {
  if (!Array.isArray(tools)) return [];
  return tools.flatMap((tool: unknown, index): Entry[] => {
    const pointer = pointerTo('/tools', index);
    if (typeof tool === 'string') return [{ entry: { tool }, pointer, isKey: true }];
    const isNamed = isJsonObject(tool) && typeof tool.tool === 'string';
    return isNamed ? [{ entry: tool as unknown as LlmTool, pointer, isKey: false }] : [];
  });
}

/** A tool as the model sees it: without what is fixed, and without what can't be left to a model. */
function declare(name: string, { description, inputs = {} }: LlmTool, tool: Tool): ModelFunction {
  const hidden = new Set([...Object.keys(inputs), ...(tool.literalInputs ?? [])]);
  return {
    name,
    description: (description ?? `${tool.title}. ${tool.description}`).slice(0, 4_000),
    parameters: without(tool.input, hidden),
  };
}

function without(schema: JsonSchema, hidden: ReadonlySet<string>): JsonObject {
  if (!isJsonObject(schema)) return { type: 'object' };
  const { properties, required, ...rest } = schema;
  const shown = isJsonObject(properties) ? Object.entries(properties).filter(([name]) => !hidden.has(name)) : [];
  const needed = Array.isArray(required)
    ? required.filter((name) => typeof name === 'string' && !hidden.has(name))
    : [];
  return { ...rest, properties: Object.fromEntries(shown), required: needed };
}

/** The same tool twice, with other fixed inputs: `http_request`, `http_request_2`. */
function freeName(name: string, taken: ReadonlyMap<string, unknown>): string {
  for (let count = 1; ; count++) {
    const free = count === 1 ? name : `${name.slice(0, 60)}_${count}`;
    if (!taken.has(free)) return free;
  }
}
