import { type Opt, type Ref, ref } from '@mikro-orm/core';
import { partOf } from '../../common/database/walls/ownership.js';
import { Entity, ManyToOne, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy';
import { type EncryptedColumn } from '../../common/encryption/encrypted-column.js';
import { IntegrationResource } from './integration-resource.entity.js';

/** A secret of a resource: a password, a token. Written, used, never shown. */
@Entity({
  tableName: 'integration_secret',
  policies: partOf('integration_secret.resource_id', 'integration_resource.id'),
})
@Unique({ name: 'integration_secret_key', properties: ['resource', 'key'] })
export class IntegrationSecret {
  @PrimaryKey({ type: 'bigint', autoincrement: true })
  id: Opt<string>;

  @ManyToOne(() => IntegrationResource, { ref: true, deleteRule: 'cascade' })
  resource: Ref<IntegrationResource>;

  /** What the type of the resource, or `${secrets.<key>}`, calls it. */
  @Property({ type: 'text' })
  key: string;

  /** Encrypted. */
  @Property({ type: 'text', lazy: true })
  value: string;

  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)', defaultRaw: 'now()' })
  createdAt: Opt<Date> = new Date();

  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)', defaultRaw: 'now()', onUpdate: () => new Date() })
  updatedAt: Opt<Date> = new Date();

  constructor(made: { resource: IntegrationResource; key: string; value: string }) {
    this.resource = ref(made.resource);
    this.key = made.key;
    this.value = made.value;
  }
}

const resource = 'from integration_resource r where r.id = integration_secret.resource_id';

export const resourceSecrets: readonly EncryptedColumn[] = [
  {
    table: 'integration_secret',
    column: 'value',
    row: `(select 'res_' || r.resource_id || '/' || integration_secret.key ${resource})`,
    owner: `(select r.user_id::text ${resource})`,
  },
];
