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

/** The tools of a node, prepared once. */
export interface LlmTools {
  /** Whether there are any. */
  readonly isEmpty: boolean;
  /** The functions of one conversation; those that only a resource knows are asked for once, and recorded. */
  open(execution: Execution): Promise<LlmFunctions>;
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

/** Prepares the tools of a node. */
export function prepareTools(tools: unknown, catalogue: ToolCatalogue): LlmTools {
  const prepared = entriesOf(tools).map(({ entry }) => ({
    entry,
    tool: catalogue.get(entry.tool)!,
    fixed: parseToolInputs(entry.inputs ?? {}),
  }));
  return {
    isEmpty: prepared.length === 0,
    async open(execution) {
      const functions = new Map<string, PreparedFunction>();
      for (const [index, one] of prepared.entries()) {
        for (const declared of await declare(one, index, execution)) {
          const name = freeName(declared.name, functions);
          functions.set(name, { ...one, theirName: declared.name, declared: { ...declared, name } });
        }
      }
      return {
        functions: [...functions.values()].map(({ declared }) => declared),
        call: (wanted, at) => call(functions.get(wanted.name), wanted, at),
      };
    },
  };
}

/** A tool of a node. */
interface PreparedTool {
  readonly entry: LlmTool;
  readonly tool: Tool;
  readonly fixed: ReturnType<typeof parseToolInputs>;
}

interface PreparedFunction extends PreparedTool {
  /** What the tool itself calls it, where it is many. */
  readonly theirName: string;
  readonly declared: ModelFunction;
}

async function call(
  prepared: PreparedFunction | undefined,
  { name, arguments: given }: ModelFunctionCall,
  execution: Execution,
): Promise<Json> {
  if (!prepared) return failure('input-invalid', `There is no function "${name}".`);
  if (!isJsonObject(given)) return failure('input-invalid', 'The arguments of a function are a JSON object.');
  const { entry, tool, fixed, theirName } = prepared;
  const { inputs, withSecrets } = fixed(execution.scope);
  const chosen = tool.functions ? tool.functions.inputs(theirName, given) : given;
  // What is fixed wins, whatever the model asks for.
  const all = { ...chosen, ...inputs };
  execution.showInputs({ tool: entry.tool, ...all });
  try {
    return await execution.callTool(
      {
        nodeId: execution.nodeId,
        tool: entry.tool,
        inputs: all,
        withSecrets: withSecrets && ((secrets) => ({ ...chosen, ...withSecrets(secrets) })),
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
async function declare(
  { entry, tool, fixed }: PreparedTool,
  index: number,
  execution: Execution,
): Promise<ModelFunction[]> {
  const { name, description, inputs = {}, connection, resource } = entry;
  if (tool.functions) {
    const call = {
      nodeId: execution.nodeId,
      tool: tool.key,
      inputs: fixed(execution.scope).inputs,
      connection,
      resource,
    };
    return (await execution.part(`tools${index + 1}`, (part) =>
      part.listFunctions(call, part),
    )) as unknown as ModelFunction[];
  }
  const hidden = new Set([...Object.keys(inputs), ...(tool.literalInputs ?? [])]);
  return [
    {
      name: name ?? tool.key,
      description: (description ?? `${tool.title}. ${tool.description}`).slice(0, 4_000),
      parameters: without(tool.input, hidden),
    },
  ];
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

/** A name as models take them: letters, digits, `_` and `-`, 64 at most; the same one twice becomes `http_request_2`. */
function freeName(name: string, taken: ReadonlyMap<string, unknown>): string {
  const plain = name.replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, 60) || 'function';
  for (let count = 1; ; count++) {
    const free = count === 1 ? plain : `${plain}_${count}`;
    if (!taken.has(free)) return free;
  }
}
