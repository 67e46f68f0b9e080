import { credentialProblems } from '../../integrations/index.js';
import { limits } from './limits.js';

/**
 * Every code that a preflight report can hold, with its meaning. Codes are stable: programs and documentation rely on
 * them. Each has a page under `/problems/`.
 */
export const findingCodes = {
  'spec-not-object': 'A workflow spec is a JSON object with `version` and `nodes`.',
  'spec-too-large': 'The spec has more bytes than a spec may have.',
  'spec-too-deep': 'Objects and arrays are nested deeper than a spec may have them.',
  'spec-empty': 'A workflow needs at least one node before it can be published or run.',
  'unknown-field': 'The field does not exist here; unknown fields are refused so that a typing mistake is not ignored.',
  'missing-field': 'A required field is missing.',
  'wrong-type': 'The value has another JSON type than the field needs.',
  'not-allowed': 'The value is none of those that the field allows.',
  'out-of-range': 'The value is too small, too large, too long, or has the wrong form.',
  'schema-invalid': 'A JSON Schema in the spec is itself not valid (2020-12).',
  'node-id-duplicate': 'Two nodes have the same id; ids are unique in the whole spec.',
  'node-id-reserved': 'The id is a name that expressions use for something else.',
  'variable-reserved': 'The loop variable has a name that expressions use for something else.',
  'node-type-unknown': 'There is no node type of this name.',
  'tool-unknown': 'There is no tool of this name.',
  'tool-input-invalid': "A literal input does not satisfy the tool's schema.",
  'tool-input-not-literal': 'An input that could become code, such as SQL, has an expression in it.',
  'secrets-not-allowed': '`secrets` stand in inputs of a tool that takes them, with the resource that they belong to.',
  'connection-not-found': 'A node names a connection that you do not have.',
  'connection-missing': credentialProblems['connection-missing'].explanation,
  'connection-ambiguous': credentialProblems['connection-ambiguous'].explanation,
  'connection-unfit': credentialProblems['connection-unfit'].explanation,
  'connection-scopes-missing': credentialProblems['connection-scopes-missing'].explanation,
  'connection-needs-reauth': 'The account must be connected again before the node can run.',
  'resource-not-found': 'A node names a resource that you do not have.',
  'resource-missing': credentialProblems['resource-missing'].explanation,
  'resource-ambiguous': credentialProblems['resource-ambiguous'].explanation,
  'resource-unfit': credentialProblems['resource-unfit'].explanation,
  'workflow-unknown': 'A `workflow` node names a workflow, or a version of it, that you do not have.',
  'workflow-unpublished': 'A `workflow` node names a workflow of which nothing is published yet.',
  'workflow-recursive': 'A workflow runs itself again through `workflow` nodes; a condition must end that.',
  'workflow-too-deep': 'More runs would be inside one another through `workflow` nodes than may be.',
  'trigger-open': 'A subscription of the workflow takes events from anybody who has its link.',
  'too-many-nodes': 'The spec has more nodes than a spec may have.',
  'nesting-too-deep': 'Blocks are nested deeper than allowed.',
  'name-shadowed': 'A loop variable and something else in scope have the same name.',
  'unreachable-node': 'Nothing after a `stop` or `fail` in the same block can run.',
  'expression-invalid': 'The expression is not valid CEL.',
  'expression-unknown-name': 'The expression refers to a name that is not in scope at this place.',
  'expression-type': 'The types in the expression do not fit, or it gives another type than the place needs.',
  'expression-too-costly': 'The expression is larger than an expression may be.',
} as const;

export type FindingCode = keyof typeof findingCodes;

/** One thing the preflight found: where, what, and what to do about it. */
export interface Finding {
  code: FindingCode;
  /** Errors keep a workflow from being published and run; warnings do not. */
  severity: 'error' | 'warning';
  /** The node it is in; null for the spec as a whole. */
  node_id: string | null;
  /** RFC 6901 pointer into the spec; of a place with a name of more than 1,000 characters, to what lies around it. */
  pointer: string;
  message: string;
  /** The expression in question. */
  expression?: string;
}

const LONGEST_POINTER = 1_000;

/** Collects findings while a spec is walked. */
export class FindingList {
  readonly findings: Finding[] = [];
  private errorCount = 0;

  error(code: FindingCode, at: { node?: string | null; pointer: string; expression?: string }, message: string): void {
    this.add('error', code, at, message);
  }

  warning(
    code: FindingCode,
    at: { node?: string | null; pointer: string; expression?: string },
    message: string,
  ): void {
    this.add('warning', code, at, message);
  }

  get errors(): Finding[] {
    return this.findings.filter((finding) => finding.severity === 'error');
  }

  /** Whether a report could not show more errors anyway, so that looking for further ones is in vain. */
  get isFull(): boolean {
    return this.errorCount >= limits.findings;
  }

  get warnings(): Finding[] {
    return this.findings.filter((finding) => finding.severity === 'warning');
  }

  private add(
    severity: Finding['severity'],
    code: FindingCode,
    { node, pointer, expression }: { node?: string | null; pointer: string; expression?: string },
    message: string,
  ): void {
    if (severity === 'error') this.errorCount++;
    const place = nearestTo(pointer);
    this.findings.push({
      code,
      severity,
      node_id: node ?? null,
      pointer: place,
      message,
      ...(expression && { expression }),
    });
  }
}

/** Each finding repeats the names of all that lies around it, which may be as large as the spec. */
function nearestTo(pointer: string): string {
  return pointer.length <= LONGEST_POINTER ? pointer : pointer.slice(0, pointer.lastIndexOf('/', LONGEST_POINTER));
}
