import { type Json } from '../../common/json.js';
import { schemaValidator, type SchemaValidator } from '../../common/json-schema.js';
import { LruCache } from '../../common/lru-cache.js';
import { parseDuration } from '../../common/duration.js';
import { parseExpression } from '../expressions/expression.js';
import { parseTemplate } from '../expressions/template.js';
import { type Scope } from '../nodes/execution.js';
import { type Effect } from '../../integrations/index.js';
import { everyNode } from '../preflight/every-node.js';
import { type Catalogues, preflight, type PreflightReport } from '../preflight/preflight.js';
import { limits } from '../spec/limits.js';
import {
  type Block,
  type ConcurrencySpec,
  type NodeSpec,
  type OnLimit,
  type WorkflowSpec,
} from '../spec/workflow-spec.js';
import { type CompiledBlock } from './compiled-block.js';
import { emitBlock } from './emit-block.js';
import { type Emission } from './emission.js';
import { leafEffect } from './leaf-act.js';
import { leanGraph } from './lean-graph.js';

/** A workflow that can be executed any number of times, side by side. */
export interface CompiledWorkflow {
  readonly spec: WorkflowSpec;
  /** Checks a run's inputs and fills in defaults. */
  readonly inputs: SchemaValidator;
  readonly block: CompiledBlock;
  /** What each node does to the world itself, in the order of the spec. */
  readonly effects: ReadonlyMap<string, Effect>;
  /** The type of each node, by id. */
  readonly nodeTypes: ReadonlyMap<string, string>;
  /** The run's output, from what is in scope at the end; the value of the last node when the spec names none. */
  readonly output: ((scope: Scope) => Json) | undefined;
  /** Longest running time in milliseconds. */
  readonly timeout: number;
  readonly concurrency: CompiledConcurrency | undefined;
}

/** `settings.concurrency`: how many runs may be under way at the same time. */
export interface CompiledConcurrency {
  /** @throws ExpressionError */
  readonly key: (scope: Scope) => Json;
  readonly limit: number;
  readonly onLimit: OnLimit;
}

/** The spec has errors; the report names them. */
export class SpecInvalidError extends Error {
  override readonly name = 'SpecInvalidError';
  constructor(readonly report: PreflightReport) {
    super('The spec has errors.');
  }
}

/**
 * Makes executable workflows of specs: check (shape, scope, tools) → plan → emit. Pure, so the result depends on
 * nothing but the spec and is cached by its hash: a hot workflow never compiles twice.
 */
export class Compiler {
  private readonly compiled = new LruCache<string, CompiledWorkflow>(500);

  /** @param finish what is done to every graph; tests leave graphs as LangGraph makes them */
  constructor(
    private readonly catalogues: Catalogues,
    private readonly finish: Emission['finish'] = leanGraph,
  ) {}

  preflight(spec: Json): PreflightReport {
    return preflight(spec, this.catalogues);
  }

  /** The workflow of the spec with this hash (SHA-256 of its canonical JSON), if it was compiled before. */
  known(hash: string): CompiledWorkflow | undefined {
    return this.compiled.get(hash);
  }

  /** @throws SpecInvalidError */
  compile(hash: string, spec: Json): CompiledWorkflow {
    return this.compiled.getOrMake(hash, () => this.emit(spec));
  }

  private emit(checked: Json): CompiledWorkflow {
    const report = this.preflight(checked);
    if (!report.ok) throw new SpecInvalidError(report);
    const spec = checked as unknown as WorkflowSpec;
    const emission: Emission = {
      ...this.catalogues,
      finish: this.finish,
      emitBlock: (nodes: Block) => emitBlock(nodes, emission),
    };
    const nodes = [...everyNode(checked, this.catalogues.nodeTypes)].map(({ node }) => node as unknown as NodeSpec);
    const output = spec.output === undefined ? undefined : parseTemplate(spec.output);
    return {
      spec,
      inputs: schemaValidator(spec.inputs ?? true),
      block: emitBlock(spec.nodes, emission),
      effects: new Map(nodes.map((node) => [node.id, leafEffect(node, emission)])),
      nodeTypes: new Map(nodes.map(({ id, type }) => [id, type])),
      output: output && ((scope) => output.evaluate(scope)),
      timeout: parseDuration(spec.settings?.timeout ?? '') ?? limits.defaultRunTimeout,
      concurrency: spec.settings?.concurrency && compileConcurrency(spec.settings.concurrency),
    };
  }
}

function compileConcurrency({ key, limit, on_limit: onLimit = 'queue' }: ConcurrencySpec): CompiledConcurrency {
  const { evaluate } = parseExpression(key);
  return { key: (scope) => evaluate(scope), limit, onLimit };
}
