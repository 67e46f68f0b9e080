import { DomainError, type Fault } from '../common/errors.js';
import { type JsonPatchOperation } from './json-patch.dto.js';
import { type Finding } from './spec/findings.js';

export class WorkflowNotFoundError extends DomainError {
  readonly code = 'workflow-not-found';
  readonly kind = 'not-found';

  constructor(workflowId: string) {
    super(`There is no workflow ${workflowId} of yours.`);
  }
}

export class VersionNotFoundError extends DomainError {
  readonly code = 'version-not-found';
  readonly kind = 'not-found';

  /** @param version 0 stands for anything that is the number of no version */
  constructor(workflowId: string, version: number) {
    super(`The workflow ${workflowId} has no ${version === 0 ? 'such version' : `version ${version}`}.`);
  }
}

/** There is nothing to run: the workflow has no published version. */
export class NotPublishedError extends DomainError {
  readonly code = 'workflow-not-published';
  readonly kind = 'conflict';

  constructor(workflowId: string) {
    super(
      `The workflow ${workflowId} has no published version; publish it, or run a version by its number or "draft".`,
    );
  }
}

/** Somebody changed the draft since it was read; `patch` leads from what was read to what is there now. */
export class DraftRevisionStaleError extends DomainError {
  readonly code = 'draft-revision-stale';
  readonly kind = 'conflict';
  override readonly extensions: Record<string, unknown>;

  constructor(base: number, current: number, patch: JsonPatchOperation[] | null) {
    super(`The draft is at revision ${current}, the change is based on revision ${base}. Apply it to the current one.`);
    this.extensions = { current_revision: current, patch };
  }
}

/** Neither `base_revision` nor `If-Match` says which revision the change is based on. */
export class BaseRevisionMissingError extends DomainError {
  readonly code = 'base-revision-missing';
  readonly kind = 'malformed';
  override readonly faults: Fault[] = [
    { pointer: '/base_revision', code: 'missing-field', message: 'the revision that the change is based on' },
  ];

  constructor() {
    super('Say which revision of the draft the change is based on: `base_revision` in the body, or `If-Match`.');
  }
}

export class DraftChangeAmbiguousError extends DomainError {
  readonly code = 'draft-change-ambiguous';
  readonly kind = 'malformed';

  constructor() {
    super('Send either `spec` (the whole spec) or `patch` (JSON Patch, RFC 6902), exactly one of them.');
  }
}

/** The JSON Patch cannot be applied to the draft. */
export class PatchInvalidError extends DomainError {
  readonly code = 'patch-invalid';
  readonly kind = 'invalid';
  override readonly faults: Fault[];

  constructor(index: number, reason: string) {
    super(`Operation ${index} of the patch cannot be applied: ${reason}`);
    this.faults = [{ pointer: `/patch/${index}`, code: 'patch-invalid', message: reason }];
  }
}

/** The spec has errors. */
export class SpecInvalidProblem extends DomainError {
  readonly code = 'spec-invalid';
  readonly kind = 'invalid';
  override readonly faults: Fault[];

  /** @param at pointer of the spec in the request body, where it came with the request */
  constructor(what: string, findings: readonly Finding[], at = '') {
    super(`${what} ${findings.length === 1 ? 'an error' : `${findings.length} errors`}; "errors" names each.`);
    this.faults = findings.map(({ code, pointer, message, node_id: nodeId }) => ({
      pointer: at + pointer,
      code,
      message,
      ...(nodeId !== null && { node_id: nodeId }),
    }));
  }
}
