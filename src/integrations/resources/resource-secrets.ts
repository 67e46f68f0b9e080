import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { EncryptionService } from '../../common/encryption/encryption.service.js';
import { type Place } from '../../common/encryption/place.js';
import { makePublicId } from '../../common/public-id.js';

/** Whose secrets. */
export interface SecretOwner {
  /** The uuid of the resource. */
  readonly resourceId: string;
  readonly userId: string;
}

/** A secret as it is stored. */
export interface SealedSecret {
  readonly key: string;
  readonly value: string;
}

/** The secrets of resources, in and out of the database. */
@Injectable()
export class ResourceSecrets {
  constructor(
    private readonly em: EntityManager,
    private readonly encryption: EncryptionService,
  ) {}

  /** To be awaited before `seal`, and before its transaction. */
  prepare(): Promise<void> {
    return this.encryption.prepare();
  }

  seal(owner: SecretOwner, key: string, value: string): string {
    return this.encryption.encrypt(value, placeOf(owner, key));
  }

  /**
   * All secrets of a resource in the clear. The place that a value opens at holds the resource and its user, so that a
   * value of another's does not open, whatever a query may have found.
   * @throws CiphertextError
   */
  async open(owner: SecretOwner): Promise<Record<string, string>> {
    const sealed = await this.em.fork().execute<SealedSecret[]>(
      `select s.key, s.value from integration_secret s join integration_resource r on r.id = s.resource_id
        where r.resource_id = ? and r.user_id = ? order by s.key`,
      [owner.resourceId, owner.userId],
    );
    const opened = sealed.map(
      async ({ key, value }) => [key, await this.encryption.decrypt(value, placeOf(owner, key))] as const,
    );
    return Object.fromEntries(await Promise.all(opened));
  }
}

function placeOf({ resourceId, userId }: SecretOwner, key: string): Place {
  return {
    table: 'integration_secret',
    column: 'value',
    row: `${makePublicId('resource', resourceId)}/${key}`,
    owner: userId,
  };
}
