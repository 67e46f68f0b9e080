import { isJsonObject, type Json, pointerTo } from '../../common/json.js';
import { type JsonSchema } from '../../common/json-schema.js';
import { type ToolCatalogue } from '../../integrations/index.js';
import { checkExpression } from '../expressions/check-expression.js';
import { ExpressionError } from '../expressions/expression-error.js';
import { checkTemplate } from '../expressions/check-template.js';
import { type NodeCatalogue } from '../nodes/catalogue.js';
import { type BlockPlace, type ExpressionPlace, type Place, type TemplatePlace } from '../nodes/place.js';
import { type FindingList } from '../spec/findings.js';
import { type NodeSpec } from '../spec/workflow-spec.js';
import { type SchemaScope, startScope } from './scope.js';

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
}

class ScopeWalk {
  constructor(
    private readonly catalogues: { nodeTypes: NodeCatalogue; tools: ToolCatalogue },
    private readonly found: FindingList,
    private readonly visit: Visit | undefined,
  ) {}

  /** @returns the scope at the end of the block, and the schema of its value. */
  block(nodes: unknown, pointer: string, outer: SchemaScope): { scope: SchemaScope; value: JsonSchema } {
    let scope = outer;
    let value: JsonSchema = { type: 'null' };
    let ended: string | undefined;
    for (const [index, node] of (Array.isArray(nodes) ? nodes : []).entries()) {
      if (!isJsonObject(node)) continue;
      const site = { node: typeof node.id === 'string' ? node.id : null, pointer: pointerTo(pointer, index) };
      if (ended) this.found.warning('unreachable-node', site, `The run has ended at "${ended}" before it gets here.`);
      value = this.node(node, site, scope);
      if (site.node) scope = { ...scope, [site.node]: value };
      if ((node.type === 'stop' || node.type === 'fail') && node.when === undefined)
        ended ??= site.node ?? String(node.type);
    }
    return { scope, value };
  }

  template(place: TemplatePlace, site: Site, scope: SchemaScope): void {
    for (const { pointer, error } of checkTemplate(place.value as Json, scope).errors) {
      this.report({ ...site, pointer: site.pointer + place.pointer + pointer }, error);
    }
  }

  private node(node: { [field: string]: Json }, site: Site, scope: SchemaScope): JsonSchema {
    this.visit?.(site, scope);
    const type = typeof node.type === 'string' ? this.catalogues.nodeTypes.get(node.type) : undefined;
    if (node.when !== undefined) {
      this.expression({ kind: 'expression', pointer: '/when', source: node.when, expects: 'bool' }, site, scope);
    }
    const blocks = new Map<string, JsonSchema>();
    for (const place of type?.places(node as unknown as NodeSpec) ?? []) this.place(place, site, scope, blocks);
    if (Array.isArray(node.on_error)) {
      this.block(node.on_error, `${site.pointer}/on_error`, { ...scope, error: errorSchema });
    }
    // What may be skipped or replaced can be anything: then nothing is said about its type.
    const certain = node.when === undefined && (node.on_error === undefined || node.on_error === 'fail');
    return type && certain
      ? type.valueSchema(node as unknown as NodeSpec, { blocks, tools: this.catalogues.tools })
      : true;
  }

  private place(place: Place, site: Site, scope: SchemaScope, blocks: Map<string, JsonSchema>): void {
    if (place.kind === 'expression') this.expression(place, site, scope);
    else if (place.kind === 'template') this.template(place, site, scope);
    else blocks.set(place.pointer, this.nestedBlock(place, site, scope));
  }

  private nestedBlock(place: BlockPlace, site: Site, scope: SchemaScope): JsonSchema {
    for (const name of Object.keys(place.binds)) {
      if (name in scope) {
        this.found.error(
          'name-shadowed',
          site,
          `The loop variable "${name}" has the name of something already in scope.`,
        );
      }
    }
    const inside = this.block(place.nodes, site.pointer + place.pointer, { ...scope, ...place.binds });
    for (const expression of place.atEnd) this.expression(expression, site, inside.scope);
    return inside.value;
  }

  private expression(place: ExpressionPlace, site: Site, scope: SchemaScope): void {
    if (typeof place.source !== 'string' || place.source === '') return;
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
