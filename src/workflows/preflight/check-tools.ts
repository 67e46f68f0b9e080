import { isJsonObject, type Json, type JsonObject, pointerTo } from '../../common/json.js';
import { type JsonSchema } from '../../common/json-schema.js';
import { type ToolCatalogue } from '../../integrations/index.js';
import { parseTemplate } from '../expressions/template.js';
import { type NodeCatalogue } from '../nodes/catalogue.js';
import { type FindingList } from '../spec/findings.js';
import { everyNode } from './every-node.js';
import { explainingValidator } from './explain-fault.js';

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
  const needs = {
    connections: new Set<string>(),
    resources: new Set<string>(),
    hosts: new Set<string>(),
    tools: new Set<string>(),
  };
  for (const { node, pointer } of everyNode(spec, catalogues.nodeTypes)) {
    if (node.type !== 'tool' || typeof node.tool !== 'string') continue;
    const site = { node: typeof node.id === 'string' ? node.id : null, pointer: `${pointer}/tool` };
    const tool = catalogues.tools.get(node.tool);
    if (!tool) {
      const known = [...catalogues.tools.keys()].join(', ');
      found.error('tool-unknown', site, `There is no tool "${node.tool}"; there are: ${known}.`);
      continue;
    }
    const inputs = isJsonObject(node.inputs) ? node.inputs : {};
    for (const fault of literalFaults(inputs, tool.input)) {
      found.error(
        'tool-input-invalid',
        { ...site, pointer: `${pointer}/inputs${fault.pointer}` },
        `${tool.key}: ${fault.message}`,
      );
    }
    needs.tools.add(tool.key);
    for (const host of tool.hosts?.(inputs) ?? []) needs.hosts.add(host);
    if (typeof node.connection === 'string') needs.connections.add(node.connection);
    if (typeof node.resource === 'string') needs.resources.add(node.resource);
  }
  const sorted = (values: Set<string>) => [...values].sort();
  return {
    connections: sorted(needs.connections),
    scopes: [],
    resources: sorted(needs.resources),
    hosts: sorted(needs.hosts),
    tools: sorted(needs.tools),
  };
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
  try {
    return parseTemplate(value).isConstant;
  } catch {
    // The expression is not valid, which stage 2 reports.
    return false;
  }
}
