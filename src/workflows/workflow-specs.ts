import { EntityManager } from '@mikro-orm/postgresql';
import { Inject, Injectable } from '@nestjs/common';
import { hashJson } from '../common/canonical-json.js';
import { type Json, type JsonObject } from '../common/json.js';
import { TOOL_CATALOGUE, type ToolCatalogue } from '../integrations/index.js';
import { type CompiledWorkflow, Compiler } from './compiler/compile-workflow.js';
import { nodeCatalogue } from './nodes/catalogue.js';
import { checkAt } from './preflight/expression-check.js';
import { type CheckExpressionResponse } from './preflight/expression-check.dto.js';
import { type Catalogues, type PreflightReport } from './preflight/preflight.js';

/** Where the spec of a run comes from: a version by its hash, or the run itself. */
export interface SpecSource {
  version_id: string | null;
  spec_hash: string | null;
  spec: JsonObject | null;
}

/** Specs in, reports and executable workflows out; compiled ones are kept. */
@Injectable()
export class WorkflowSpecs {
  private readonly catalogues: Catalogues;
  private readonly compiler: Compiler;

  constructor(
    private readonly em: EntityManager,
    @Inject(TOOL_CATALOGUE) tools: ToolCatalogue,
  ) {
    this.catalogues = { nodeTypes: nodeCatalogue, tools };
    this.compiler = new Compiler(this.catalogues);
  }

  /** Everything that can be said of a spec before it runs. */
  preflight(spec: Json): PreflightReport {
    return this.compiler.preflight(spec);
  }

  /**
   * One expression at one place of a spec, see {@link checkAt}.
   * @throws SpecInvalidProblem when the spec is larger than a spec may be
   */
  checkExpression(expression: string, spec?: JsonObject, pointer?: string): CheckExpressionResponse {
    return checkAt(this.catalogues, expression, spec, pointer);
  }

  /** @throws SpecInvalidError */
  compile(spec: JsonObject): CompiledWorkflow {
    return this.compiler.compile(hashJson(spec), spec);
  }

  /**
   * The workflow of a stored run or version; its spec is loaded only if it is not compiled yet.
   * @throws SpecInvalidError when the spec was stored with errors, or by a build that knew more.
   */
  async load(source: SpecSource): Promise<CompiledWorkflow> {
    if (source.spec) return this.compile(source.spec);
    const { spec_hash: hash, version_id: versionId } = source;
    if (!hash) throw new Error('a run has neither a spec nor a version');
    const known = this.compiler.known(hash);
    if (known) return known;
    const [row] = await this.em
      .fork()
      .execute<[{ spec: JsonObject }?]>('select spec from workflow_version where id = ?', [versionId]);
    if (!row) throw new Error(`version ${versionId} is gone`);
    return this.compiler.compile(hash, row.spec);
  }
}
