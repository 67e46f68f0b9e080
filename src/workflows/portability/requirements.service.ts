import { EntityManager } from '@mikro-orm/postgresql';
import { Inject, Injectable } from '@nestjs/common';
import { isJsonObject, type Json, type JsonObject } from '../../common/json.js';
import { parsePublicId } from '../../common/public-id.js';
import {
  type CredentialNeeds,
  IntegrationResource,
  TOOL_CATALOGUE,
  type ToolCatalogue,
} from '../../integrations/index.js';
import { OAuthConnection } from '../../oauth/index.js';
import { type Principal } from '../../users/index.js';
import { nodeCatalogue } from '../nodes/catalogue.js';
import { usesIn } from '../preflight/node-uses.js';
import { Workflow } from '../workflow.entity.js';
import { type ExportedSubscription } from './portable-subscriptions.js';
import { type Requirement } from './portable-workflow.js';
import { kindOf, placesOfIds, type StandIns } from './stand-ins.js';

/** What a place needs of the account or the resource that it names. */
interface Use {
  readonly needs: CredentialNeeds | undefined;
  readonly connection?: Json | undefined;
  readonly resource?: Json | undefined;
}

/** What there is to say about a thing: little, and nothing that only means something to its owner. */
type About = Partial<Pick<Requirement, 'provider' | 'name'> & { resource_type: string | null }>;

/** Says what somebody else must have to use a workflow. */
@Injectable()
export class Requirements {
  constructor(
    private readonly em: EntityManager,
    @Inject(TOOL_CATALOGUE) private readonly tools: ToolCatalogue,
  ) {}

  /**
   * @param spec with its owner's ids in it
   * @param document what goes out, with stand-ins in it
   */
  async of(
    caller: Principal,
    { spec, subscriptions }: { spec: JsonObject; subscriptions: readonly ExportedSubscription[] },
    standIns: StandIns,
    document: JsonObject,
  ): Promise<Requirement[]> {
    const uses = [...usesIn(spec, { nodeTypes: nodeCatalogue, tools: this.tools }), ...subscriptions.map(useOf)];
    const places = placesOfIds(document);
    const known = await this.lookUp(caller, [...standIns.ids.values()]);
    return [...standIns.ids].map(([standIn, id]) => ({
      ...aboutOf(id, uses, known.get(id)),
      id: standIn,
      pointers: places.get(standIn) ?? [],
    }));
  }

  /** What the caller has, by its public id. */
  private async lookUp(caller: Principal, ids: readonly string[]): Promise<Map<string, About>> {
    const uuids = (kind: 'connection' | 'resource' | 'workflow') =>
      ids.map((id) => parsePublicId(kind, id)).filter((uuid) => uuid !== undefined);
    const user = caller.userId;
    const connections = await this.em.find(OAuthConnection, { user, connectionId: { $in: uuids('connection') } });
    const resources = await this.em.find(IntegrationResource, { user, resourceId: { $in: uuids('resource') } });
    const workflows = await this.em.find(Workflow, { user, workflowId: { $in: uuids('workflow') } });
    return new Map<string, About>([
      ...connections.map(({ connectionId, provider }) => [`conn_${connectionId}`, { provider }] as const),
      ...resources.map(
        ({ resourceId, name, provider, resourceType }) =>
          [`res_${resourceId}`, { name, provider, resource_type: resourceType }] as const,
      ),
      ...workflows.map(({ workflowId, name }) => [`wf_${workflowId}`, { name }] as const),
    ]);
  }
}

/** What is not there any more is told by what works with it. */
function aboutOf(id: string, uses: readonly Use[], known: About = {}): Omit<Requirement, 'id' | 'pointers'> {
  const kind = kindOf(id);
  const needs = uses.filter(({ connection, resource }) => connection === id || resource === id).map((use) => use.needs);
  const scopes = kind === 'connection' ? needs.flatMap((need) => need?.scopes ?? []) : [];
  const provider = needs.map((need) => need?.provider).find((key) => key !== undefined && key !== '*');
  const [type, other] = new Set(needs.flatMap((need) => need?.resourceTypes ?? []));
  return {
    kind: kind === 'connection' || kind === 'resource' || kind === 'workflow' ? kind : 'other',
    provider: known.provider ?? (kind === 'connection' ? provider : undefined) ?? null,
    scopes: [...new Set(scopes)].sort(),
    resource_type: known.resource_type ?? (kind === 'resource' && other === undefined ? type : undefined) ?? null,
    name: known.name ?? null,
  };
}

function useOf({ config, needs }: ExportedSubscription): Use {
  return isJsonObject(config) ? { needs, connection: config.connection_id, resource: config.resource_id } : { needs };
}
