import { EntityManager } from '@mikro-orm/postgresql';
import { Inject, Injectable } from '@nestjs/common';
import { Audit } from '../../common/audit/audit.js';
import { type Principal } from '../../users/index.js';
import { CredentialResolver } from '../credentials/credential-resolver.js';
import { failureOf } from '../credentials/failure.js';
import { RESOURCE_TYPES, type ResourceTypeCatalogue } from '../resource-types/catalogue.js';
import { knownType } from './resource-rules.js';
import { type ResourceTestResponse } from './resource.dto.js';
import { ResourcesService } from './resources.service.js';

/** Somebody waits for the answer. */
const TEST_MS = 15_000;

/** Tries whether resources work. */
@Injectable()
export class ResourceTests {
  constructor(
    private readonly resources: ResourcesService,
    private readonly resolver: CredentialResolver,
    private readonly em: EntityManager,
    private readonly audit: Audit,
    @Inject(RESOURCE_TYPES) private readonly types: ResourceTypeCatalogue,
  ) {}

  /** @throws ResourceNotFoundError */
  async run(caller: Principal, publicId: string): Promise<ResourceTestResponse> {
    const { resource_type: key } = await this.resources.get(caller, publicId);
    const { provider, needsConnection, test } = knownType(this.types, key);
    const needs = { key: `The test of ${publicId}`, resourceTypes: [key], ...(needsConnection && { provider }) };
    // Before it: whatever comes of it, its secrets are used.
    await this.audit.record(this.em, { action: 'resource.tested', object: publicId });
    const begin = performance.now();
    const answer = (ok: boolean, message: string, code: string | null): ResourceTestResponse => ({
      ok,
      message,
      code,
      duration_ms: Math.round(performance.now() - begin),
    });
    try {
      const request = { userId: caller.userId, needs, resource: publicId, signal: AbortSignal.timeout(TEST_MS) };
      const message = await this.resolver.use(request, test);
      return answer(true, message, null);
    } catch (error) {
      const failure = failureOf(error);
      return answer(false, failure.message, failure.code);
    }
  }
}
