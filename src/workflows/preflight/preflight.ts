import { type Json } from '../../common/json.js';
import { type ToolCatalogue } from '../../integrations/index.js';
import { type NodeCatalogue } from '../nodes/catalogue.js';
import { type Finding, FindingList } from '../spec/findings.js';
import { limits } from '../spec/limits.js';
import { type Block } from '../spec/workflow-spec.js';
import { maxSteps } from './bounds.js';
import { checkScope } from './check-scope.js';
import { checkShape } from './check-shape.js';
import { checkSize } from './check-size.js';
import { checkTools, type Requirements } from './check-tools.js';

/** What is known of a spec before anything runs. */
export interface PreflightReport {
  /** No errors: it can be published and run. */
  ok: boolean;
  errors: Finding[];
  warnings: Finding[];
  requires: Requirements;
  /** Only of a spec whose shape is right. */
  bounds: { max_steps: number } | null;
}

export interface Catalogues {
  nodeTypes: NodeCatalogue;
  tools: ToolCatalogue;
}

/** Looks at a spec from all sides and reports everything at once. Pure: no database, no network. */
export function preflight(spec: Json, catalogues: Catalogues): PreflightReport {
  const found = new FindingList();
  // Walking further would cost more than it tells.
  if (!checkSize(spec, catalogues.nodeTypes, found)) return reportOf(found, noRequirements, null);
  checkShape(spec, catalogues.nodeTypes, found);
  const shaped = found.errors.length === 0;
  checkScope(spec, catalogues, found);
  const requires = checkTools(spec, catalogues, found);
  if (shaped && (spec.nodes as Json[]).length === 0) {
    found.error('spec-empty', { pointer: '/nodes' }, 'The workflow has no nodes yet.');
  }
  const bounds = shaped ? { max_steps: maxSteps(spec.nodes as unknown as Block, catalogues.nodeTypes) } : null;
  return reportOf(found, requires, bounds);
}

/** What is wrong with the size and shape of a spec: all that can be said without looking at its expressions. */
export function shapeErrors(spec: Json, nodeTypes: NodeCatalogue): Finding[] {
  const found = new FindingList();
  if (checkSize(spec, nodeTypes, found)) checkShape(spec, nodeTypes, found);
  return found.errors;
}

const noRequirements: Requirements = { connections: [], scopes: [], resources: [], hosts: [], tools: [] };

function reportOf(found: FindingList, requires: Requirements, bounds: PreflightReport['bounds']): PreflightReport {
  const errors = found.errors.slice(0, limits.findings);
  return { ok: errors.length === 0, errors, warnings: found.warnings.slice(0, limits.findings), requires, bounds };
}
