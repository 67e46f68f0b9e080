import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { hashJson } from '../../common/canonical-json.js';
import { type Fault } from '../../common/errors.js';
import { type JsonObject, pointerTo } from '../../common/json.js';
import { makePublicId, newUuid } from '../../common/public-id.js';
import { type Principal } from '../../users/index.js';
import { DraftsService } from '../drafts.service.js';
import { SpecPreflight } from '../spec-preflight.js';
import { WorkflowsService } from '../workflows.service.js';
import { type ImportRequest, ImportResponse, type ImportWarning } from './portability.dto.js';
import { MappingInvalidError } from './portability.errors.js';
import { PortableSubscriptions } from './portable-subscriptions.js';
import { readPortable, type Requirement } from './portable-workflow.js';
import { isStandIn, ITSELF, kindOf, placesOfIds, withIds } from './stand-ins.js';

/** Makes workflows of documents. */
@Injectable()
export class ImportsService {
  constructor(
    private readonly em: EntityManager,
    private readonly workflows: WorkflowsService,
    private readonly drafts: DraftsService,
    private readonly preflight: SpecPreflight,
    private readonly subscriptions: PortableSubscriptions,
  ) {}

  /** @throws DocumentInvalidError, FormatVersionUnsupportedError, MappingInvalidError, SpecInvalidProblem */
  async import(caller: Principal, { document, mapping = {}, name }: ImportRequest): Promise<ImportResponse> {
    const portable = readPortable(document);
    const workflowId = newUuid();
    const ids = checked(mapping, document).set(ITSELF, makePublicId('workflow', workflowId));
    const { spec, subscriptions, description, tags } = withIds(
      { ...portable } as JsonObject & typeof portable,
      (id) => ids.get(id) ?? id,
    );
    this.drafts.refuseUnsavable(spec, '/document/spec');
    return this.em.transactional(async () => {
      const free = await this.workflows.freeName(caller, name ?? portable.name);
      const workflow = await this.workflows.create(caller, { name: free, description, tags, spec }, workflowId);
      const imported = [];
      for (const one of subscriptions ?? []) {
        const { trigger_type: type } = one;
        imported.push({ type, ...(await this.subscriptions.imported(caller, workflow.workflow_id, one)) });
      }
      return ImportResponse.from({
        workflow,
        unresolved: unresolved(portable.requires, { spec, subscriptions } as unknown as JsonObject),
        subscriptions: imported,
        warnings: warningsOf(portable),
        report: await this.preflight.report(caller, spec),
      });
    });
  }
}

/** @throws MappingInvalidError */
function checked(mapping: JsonObject, document: JsonObject): Map<string, string> {
  const places = placesOfIds(document);
  const faults = Object.entries(mapping).flatMap(([from, to]): Fault[] => {
    const refuse = (message: string) => [{ pointer: pointerTo('/mapping', from), code: 'mapping-invalid', message }];
    if (!places.has(from)) return refuse(`"${from}" is no id that stands in the document`);
    const kind = kindOf(from)!;
    return typeof to === 'string' && kindOf(to) === kind ? [] : refuse(`"${from}" needs the id of a ${kind}`);
  });
  if (faults.length > 0) throw new MappingInvalidError(faults);
  return new Map(Object.entries(mapping as Record<string, string>));
}

/** What still stands for something that nobody has named, by where it really is. */
function unresolved(requires: readonly Requirement[], made: JsonObject): Requirement[] {
  const nothing = { provider: null, scopes: [], resource_type: null, name: null };
  return [...placesOfIds(made)]
    .filter(([id]) => isStandIn(id))
    .map(([id, pointers]) => {
      const kind = kindOf(id);
      const isKnown = kind === 'connection' || kind === 'resource' || kind === 'workflow';
      const described = requires.find((one) => one.id === id) ?? nothing;
      return { ...described, id, kind: isKnown ? kind : 'other', pointers };
    });
}

function warningsOf({ spec, spec_hash: hash }: { spec: JsonObject; spec_hash?: string }): ImportWarning[] {
  if (hash === undefined || hash === hashJson(spec)) return [];
  const message = 'The spec is not the one that was exported: somebody has changed it since (spec_hash).';
  return [{ code: 'spec-hash-mismatch', message }];
}
