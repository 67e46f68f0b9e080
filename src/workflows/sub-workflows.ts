import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { type Json, type JsonObject } from '../common/json.js';
import { parsePublicId } from '../common/public-id.js';
import { type Principal } from '../users/index.js';
import { nodeCatalogue } from './nodes/catalogue.js';
import { everyNode } from './preflight/every-node.js';
import { type Finding, type FindingCode } from './spec/findings.js';
import { limits } from './spec/limits.js';

/** A `workflow` node's reference, as it stands in a spec. */
interface Reference {
  readonly id: string;
  readonly version: 'published' | number;
  readonly node: string;
  readonly pointer: string;
}

/** What a reference leads to: nothing, a workflow without such a version, or a spec. */
type Target = { spec: JsonObject | null } | undefined;

/** Looks at the workflows that a spec runs, as far as its owner has them. */
@Injectable()
export class SubWorkflows {
  constructor(private readonly em: EntityManager) {}

  /** What is wrong with the references of a spec to other workflows. */
  async check(caller: Principal, spec: Json): Promise<Finding[]> {
    const known = new Map<string, Target>();
    const findings: Finding[] = [];
    for (const reference of referencesIn(spec)) {
      await this.load(caller, [reference], known);
      const target = known.get(keyOf(reference));
      if (!target)
        findings.push(finding('workflow-unknown', 'error', reference, `You have no workflow ${reference.id}.`));
      else if (target.spec === null) findings.push(missing(reference));
      else findings.push(...(await this.descend(caller, reference, known)));
    }
    return findings;
  }

  /** Follows the references level by level, as runs would. */
  private async descend(caller: Principal, start: Reference, known: Map<string, Target>): Promise<Finding[]> {
    const seen = new Set([keyOf(start)]);
    let level = [start];
    for (let depth = 2; level.length > 0; depth++) {
      const next = level.flatMap((reference) => referencesIn(known.get(keyOf(reference))?.spec ?? null));
      if (next.some((reference) => seen.has(keyOf(reference)))) {
        const message = `${start.id} leads back to itself: conditions must end that, ${limits.depth} runs inside one another are the limit.`;
        return [finding('workflow-recursive', 'warning', start, message)];
      }
      if (next.length > 0 && depth >= limits.depth) {
        const message = `Through ${start.id} more than ${limits.depth} runs would be inside one another.`;
        return [finding('workflow-too-deep', 'error', start, message)];
      }
      await this.load(caller, next, known);
      level = next.filter((reference) => known.get(keyOf(reference))?.spec && !seen.has(keyOf(reference)));
      for (const reference of level) seen.add(keyOf(reference));
    }
    return [];
  }

  private async load(caller: Principal, references: readonly Reference[], known: Map<string, Target>): Promise<void> {
    for (const reference of references) {
      const key = keyOf(reference);
      const uuid = parsePublicId('workflow', reference.id);
      if (known.has(key) || !uuid) continue;
      const [row] = await this.em.execute<[{ spec: JsonObject | null }?]>(
        `select v.spec from workflow w left join workflow_version v
           on v.workflow_id = w.id and (case when ?::int is null then v.id = w.published_version_id else v.version_number = ? end)
         where w.workflow_id = ? and w.user_id = ?`,
        [
          ...Array<number | null>(2).fill(reference.version === 'published' ? null : reference.version),
          uuid,
          caller.userId,
        ],
      );
      known.set(key, row);
    }
  }
}

function referencesIn(spec: Json): Reference[] {
  return [...everyNode(spec, nodeCatalogue)].flatMap(({ node, pointer }) =>
    node.type === 'workflow' && typeof node.workflow_id === 'string'
      ? [
          {
            id: node.workflow_id,
            version: typeof node.version === 'number' ? node.version : 'published',
            node: typeof node.id === 'string' ? node.id : '',
            pointer: `${pointer}/workflow_id`,
          },
        ]
      : [],
  );
}

function keyOf({ id, version }: Reference): string {
  return `${id} ${version}`;
}

function missing(reference: Reference): Finding {
  if (reference.version === 'published') {
    const message = `${reference.id} has no published version yet; the node fails until it has.`;
    return finding('workflow-unpublished', 'warning', reference, message);
  }
  return finding('workflow-unknown', 'error', reference, `${reference.id} has no version ${reference.version}.`);
}

function finding(
  code: FindingCode,
  severity: Finding['severity'],
  { node, pointer }: Reference,
  message: string,
): Finding {
  return { code, severity, node_id: node, pointer, message };
}
