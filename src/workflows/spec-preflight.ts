import { Inject, Injectable } from '@nestjs/common';
import { type Json, pointerTo } from '../common/json.js';
import { type CredentialCheck, CredentialChecks, TOOL_CATALOGUE, type ToolCatalogue } from '../integrations/index.js';
import { type Principal } from '../users/index.js';
import { nodeCatalogue } from './nodes/catalogue.js';
import { type UseAt, usesIn } from './preflight/node-uses.js';
import { type Requirements } from './preflight/check-tools.js';
import { type PreflightReport } from './preflight/preflight.js';
import { type Finding } from './spec/findings.js';
import { limits } from './spec/limits.js';
import { SubWorkflows } from './sub-workflows.js';
import { WorkflowSpecs } from './workflow-specs.js';

/** The preflight with what only the database knows: the accounts, resources and workflows of whoever asks. */
@Injectable()
export class SpecPreflight {
  constructor(
    private readonly specs: WorkflowSpecs,
    private readonly subWorkflows: SubWorkflows,
    private readonly credentials: CredentialChecks,
    @Inject(TOOL_CATALOGUE) private readonly tools: ToolCatalogue,
  ) {}

  /** Everything that can be said of a spec of this caller before it runs. */
  async report(caller: Principal, spec: Json): Promise<PreflightReport> {
    const report = this.specs.preflight(spec);
    // Too large to be walked.
    if (report.bounds === null && report.errors.some(({ pointer }) => pointer === '')) return report;
    const checked = await this.checkCredentials(caller, spec);
    const found = [...(await this.subWorkflows.check(caller, spec)), ...checked.findings];
    const errors = [...report.errors, ...found.filter(({ severity }) => severity === 'error')];
    const warnings = [...report.warnings, ...found.filter(({ severity }) => severity === 'warning')];
    return {
      ...report,
      ok: errors.length === 0,
      errors: errors.slice(0, limits.findings),
      warnings: warnings.slice(0, limits.findings),
      requires: withChosen(report.requires, checked.checks),
    };
  }

  private async checkCredentials(
    { userId }: Principal,
    spec: Json,
  ): Promise<{ findings: Finding[]; checks: CredentialCheck[] }> {
    const findings: Finding[] = [];
    // Many nodes work with the same few things.
    const known = new Map<string, CredentialCheck>();
    for (const use of usesIn(spec, { nodeTypes: nodeCatalogue, tools: this.tools })) {
      const { needs, connection, resource } = use;
      if (!needs) continue;
      const key = JSON.stringify([needs.key, connection, resource]);
      const check = known.get(key) ?? (await this.credentials.check(userId, { needs, connection, resource }));
      known.set(key, check);
      if (check.finding) findings.push(findingOf(check.finding, use));
    }
    return { findings, checks: [...known.values()] };
  }
}

/** What a workflow reaches out to, with what its nodes leave to be chosen. */
function withChosen(requires: Requirements, checks: readonly CredentialCheck[]): Requirements {
  const all = (given: readonly string[], chosen: readonly (string | undefined)[]): string[] =>
    [...new Set([...given, ...chosen.filter((id) => id !== undefined)])].sort();
  return {
    ...requires,
    connections: all(
      requires.connections,
      checks.map(({ connection }) => connection),
    ),
    resources: all(
      requires.resources,
      checks.map(({ resource }) => resource),
    ),
    hosts: all(
      requires.hosts,
      checks.flatMap(({ hosts }) => hosts),
    ),
  };
}

function findingOf(
  { code, message, field }: NonNullable<CredentialCheck['finding']>,
  { node, pointer, connection, resource }: UseAt,
): Finding {
  const named = field === 'connection' ? connection : resource;
  return {
    code,
    // It may be mended by the time the node runs.
    severity: code === 'connection-needs-reauth' ? 'warning' : 'error',
    node_id: node,
    pointer: named === undefined ? pointer : pointerTo(pointer, field),
    message,
  };
}
