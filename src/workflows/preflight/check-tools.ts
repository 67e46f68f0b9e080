import { isJsonObject, type Json, type JsonObject, pointerTo } from '../../common/json.js';
import { type JsonSchema } from '../../common/json-schema.js';
import { type Tool, type ToolCatalogue } from '../../integrations/index.js';
import { parseTemplate, type Template } from '../expressions/template.js';
import { type NodeCatalogue } from '../nodes/catalogue.js';
import { type FindingList } from '../spec/findings.js';
import { explainingValidator } from './explain-fault.js';
import { type UseAt, usesIn } from './node-uses.js';

/** What a workflow reaches out to; shown before publishing. */
export interface Requirements {
  connections: string[];
  scopes: string[];
  resources: string[];
  hosts: string[];
  tools: string[];
}

/** Stage 3 of the preflight: do the tools exist, do literal inputs satisfy them, and what do they need? */
export function checkTools(
  spec: Json,
  catalogues: { nodeTypes: NodeCatalogue; tools: ToolCatalogue },
  found: FindingList,
): Requirements {
  const needs = new Needs();
  for (const use of usesIn(spec, catalogues)) {
    const { what, node, toolPointer, tool, inputs = {} } = use;
    needs.add(use);
    if (typeof what !== 'string') continue;
    if (tool) checkInputs(use, tool, inputs, found);
    else {
      const known = [...catalogues.tools.keys()].join(', ');
      const message = `There is no tool "${what}"; there are: ${known}.`;
      found.error('tool-unknown', { node, pointer: toolPointer }, message);
    }
  }
  return needs.sorted();
}

/** Collects what all uses need together. */
class Needs {
  private readonly connections = new Set<string>();
  private readonly resources = new Set<string>();
  private readonly scopes = new Set<string>();
  private readonly hosts = new Set<string>();
  private readonly tools = new Set<string>();

  add({ tool, needs, inputs = {}, connection, resource }: UseAt): void {
    if (tool) this.tools.add(tool.key);
    for (const scope of needs?.scopes ?? []) this.scopes.add(scope);
    for (const host of tool?.hosts?.(inputs) ?? []) this.hosts.add(host);
    if (!needs) return;
    if (connection !== undefined) this.connections.add(connection);
    if (resource !== undefined) this.resources.add(resource);
  }

  sorted(): Requirements {
    const { connections, scopes, resources, hosts, tools } = this;
    const sort = (values: Set<string>) => [...values].sort();
    return {
      connections: sort(connections),
      scopes: sort(scopes),
      resources: sort(resources),
      hosts: sort(hosts),
      tools: sort(tools),
    };
  }
}

function checkInputs(use: UseAt, tool: Tool, inputs: JsonObject, found: FindingList): void {
  const at = (pointer: string) => ({ node: use.node, pointer: `${use.pointer}/inputs${pointer}` });
  for (const { pointer, code, message } of literalFaults(inputs, tool.input)) {
    if (use.partial && code === 'missing-field') continue;
    found.error('tool-input-invalid', at(pointer), `${tool.key}: ${message}`);
  }
  for (const name of tool.literalInputs ?? []) {
    const missing = use.partial && !(name in inputs);
    if (!missing && (!(name in inputs) || isLiteral(inputs[name]!))) continue;
    const message = missing
      ? `${tool.key}: "${name}" must be given here, as it can't be left to a model.`
      : `${tool.key}: "${name}" can't have expressions in it; what they give could change its meaning.`;
    found.error('tool-input-not-literal', at(pointerTo('', name)), message);
  }
  checkSecrets(use, tool, inputs, (message) => found.error('secrets-not-allowed', at(''), message));
}

function checkSecrets(use: UseAt, tool: Tool, inputs: JsonObject, refuse: (message: string) => void): void {
  if (!templateOf(inputs)?.roots.has('secrets')) return;
  if (!tool.takesSecrets)
    refuse(`${tool.key} takes no secrets in its inputs; its credentials go with it by themselves.`);
  else if (tool.credentialsOptional && use.resource === undefined) {
    refuse('`secrets` are those of the resource that the node names; name one in "resource".');
  }
}

/** Faults of the names of inputs, and of inputs that hold no expression; those are checked when their values are known. */
function literalFaults(inputs: JsonObject, schema: JsonSchema) {
  const dynamic = new Set(
    Object.keys(inputs)
      .filter((name) => isDeclared(name, schema) && !isLiteral(inputs[name]!))
      .map((name) => pointerTo('', name)),
  );
  const faults = explainingValidator(schema).validate(structuredClone(inputs));
  return faults.filter(({ pointer }) => !dynamic.has(pointer.split('/', 2).join('/')));
}

function isDeclared(name: string, schema: JsonSchema): boolean {
  if (!isJsonObject(schema) || schema.additionalProperties !== false) return true;
  return isJsonObject(schema.properties) && Object.hasOwn(schema.properties, name);
}

function isLiteral(value: Json): boolean {
  return templateOf(value)?.isConstant ?? false;
}

/** Undefined when an expression is not valid, which stage 2 reports. */
function templateOf(value: Json): Template | undefined {
  try {
    return parseTemplate(value);
  } catch {
    return undefined;
  }
}
