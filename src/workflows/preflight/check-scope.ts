import { isJsonObject, type Json, type JsonObject, pointerTo } from '../../common/json.js';
import { type JsonSchema } from '../../common/json-schema.js';
import { type ToolCatalogue } from '../../integrations/index.js';
import { checkExpression } from '../expressions/check-expression.js';
import { ExpressionError } from '../expressions/expression-error.js';
import { checkTemplate } from '../expressions/check-template.js';
import { type NodeCatalogue } from '../nodes/catalogue.js';
import { type BlockPlace, type ExpressionPlace, type TemplatePlace } from '../nodes/place.js';
import { type FindingList } from '../spec/findings.js';
import { isReservedName } from '../spec/names.js';
import { type NodeSpec } from '../spec/workflow-spec.js';
import { loopVariables } from './loop-variables.js';
import { keyScope, type SchemaScope, startScope } from './scope.js';

/** Where a finding belongs. */
interface Site {
  node: string | null;
  pointer: string;
}

/** Called at every place with what is in scope there. */
export type Visit = (site: Site, scope: SchemaScope) => void;

/**
 * Stage 2 of the preflight: does every expression refer only to what is in scope at its place, and do the types fit?
 * Scope is lexical: a node sees what stands before it in its block and in the blocks around it.
 * @param visit told of every node with its scope, for those who want to look at one place only.
 */
export function checkScope(
  spec: Json,
  catalogues: { nodeTypes: NodeCatalogue; tools: ToolCatalogue },
  found: FindingList,
  visit?: Visit,
): void {
  if (!isJsonObject(spec)) return;
  const walk = new ScopeWalk(catalogues, found, visit);
  const { scope } = walk.block(spec.nodes, '/nodes', startScope(spec.inputs));
  visit?.({ node: null, pointer: '/output' }, scope);
  if (spec.output !== undefined) {
    walk.template({ kind: 'template', pointer: '/output', value: spec.output }, { node: null, pointer: '' }, scope);
  }
  walk.concurrencyKey(spec);
}

class ScopeWalk {
  /** The loop variables of the blocks around. */
  private readonly variables = new Set<string>();

  constructor(
    private readonly catalogues: { nodeTypes: NodeCatalogue; tools: ToolCatalogue },
    private readonly found: FindingList,
    private readonly visit: Visit | undefined,
  ) {}

  /** @returns the scope at the end of the block, and the schema of its value. */
  block(nodes: unknown, pointer: string, outer: SchemaScope): { scope: SchemaScope; value: JsonSchema } {
    this.visit?.({ node: null, pointer }, outer);
    let scope = outer;
    let value: JsonSchema = { type: 'null' };
    let ended: string | undefined;
    const list: unknown[] = Array.isArray(nodes) ? nodes : [];
    for (const [index, node] of list.entries()) {
      if (!isJsonObject(node)) continue;
      const site = { node: typeof node.id === 'string' ? node.id : null, pointer: pointerTo(pointer, index) };
      if (ended) this.found.warning('unreachable-node', site, `The run has ended at "${ended}" before it gets here.`);
      if (site.node && this.variables.has(site.node)) {
        const message = `The node has the name of the loop variable "${site.node}" around it; choose another id.`;
        this.found.error('name-shadowed', { ...site, pointer: `${site.pointer}/id` }, message);
      }
      value = this.node(node, site, scope);
      if (site.node) scope = { ...scope, [site.node]: value };
      if ((node.type === 'stop' || node.type === 'fail') && node.when === undefined)
        ended ??= site.node ?? String(node.type);
    }
    // Where the next node would stand.
    this.visit?.({ node: null, pointer: pointerTo(pointer, list.length) }, scope);
    return { scope, value };
  }

  template(place: TemplatePlace, site: Site, scope: SchemaScope): void {
    if (this.found.isFull) return;
    for (const { pointer, error } of checkTemplate(place.value as Json, { ...scope, ...place.binds }).errors) {
      this.report({ ...site, pointer: site.pointer + place.pointer + pointer }, error);
    }
  }

  concurrencyKey({ inputs, settings }: JsonObject): void {
    const site = { node: null, pointer: '/settings/concurrency' };
    const scope = keyScope(inputs);
    this.visit?.({ ...site, pointer: `${site.pointer}/key` }, scope);
    const concurrency = isJsonObject(settings) ? settings.concurrency : undefined;
    if (!isJsonObject(concurrency)) return;
    this.expression({ kind: 'expression', pointer: '/key', source: concurrency.key }, site, scope);
  }

  private node(node: JsonObject, site: Site, scope: SchemaScope): JsonSchema {
    this.visit?.(site, scope);
    const type = typeof node.type === 'string' ? this.catalogues.nodeTypes.get(node.type) : undefined;
    if (node.when !== undefined) {
      this.expression({ kind: 'expression', pointer: '/when', source: node.when, expects: 'bool' }, site, scope);
    }
    const blocks = new Map<string, JsonSchema>();
    for (const place of type?.places(node as unknown as NodeSpec) ?? []) {
      if (place.kind === 'expression') this.expression(place, site, scope);
      else if (place.kind === 'template') this.template(place, site, scope);
      else blocks.set(place.pointer, this.nestedBlock(node, place, site, scope));
    }
    if (Array.isArray(node.on_error)) {
      this.block(node.on_error, `${site.pointer}/on_error`, { ...scope, error: errorSchema });
    }
    // What may be skipped or replaced can be anything: then nothing is said about its type.
    const certain = node.when === undefined && (node.on_error === undefined || node.on_error === 'fail');
    return type && certain
      ? type.valueSchema(node as unknown as NodeSpec, { blocks, tools: this.catalogues.tools })
      : true;
  }

  private nestedBlock(node: JsonObject, place: BlockPlace, site: Site, scope: SchemaScope): JsonSchema {
    const bound: string[] = [];
    for (const { name, pointer } of loopVariables(node, place)) {
      if (bound.includes(name) || (Object.hasOwn(scope, name) && !isReservedName(name))) {
        const message = `The loop variable "${name}" has the name of something already in scope.`;
        this.found.error('name-shadowed', { ...site, pointer: site.pointer + pointer }, message);
      } else {
        bound.push(name);
      }
    }
    for (const name of bound) this.variables.add(name);
    const inside = this.block(place.nodes, site.pointer + place.pointer, { ...scope, ...place.binds });
    for (const name of bound) this.variables.delete(name);
    for (const expression of place.atEnd) {
      this.visit?.({ ...site, pointer: site.pointer + expression.pointer }, inside.scope);
      this.expression(expression, site, inside.scope);
    }
    return inside.value;
  }

  private expression(place: ExpressionPlace, site: Site, scope: SchemaScope): void {
    if (this.found.isFull || typeof place.source !== 'string' || place.source === '') return;
    try {
      checkExpression(place.source, scope, place.expects);
    } catch (error) {
      this.report({ ...site, pointer: site.pointer + place.pointer }, error);
    }
  }

  private report(site: Site, error: unknown): void {
    if (!(error instanceof ExpressionError)) throw error;
    const code = error.code === 'expression-error' ? 'expression-invalid' : error.code;
    this.found.error(code, { ...site, expression: error.expression }, error.message);
  }
}

/** What an `on_error` block sees as `error`. */
const errorSchema: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    code: { type: 'string' },
    message: { type: 'string' },
    node_id: { type: 'string' },
    path: { type: 'string' },
    attempt: { type: 'integer' },
    problem: true,
  },
};
