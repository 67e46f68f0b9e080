import { type Opt, type Ref, ref } from '@mikro-orm/core';
import { ownedBy } from '../../common/database/walls/ownership.js';
import { Entity, Index, ManyToOne, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy';
import { type JsonObject } from '../../common/json.js';
import { newUuid } from '../../common/public-id.js';
import { OAuthConnection } from '../../oauth/index.js';
import { User } from '../../users/index.js';

/** Something that workflows name and use: "Production DB", "My Gmail account". */
@Entity({ tableName: 'integration_resource', policies: ownedBy() })
@Index({ name: 'integration_resource_list', properties: ['user', 'resourceId'] })
@Index({ name: 'integration_resource_type', properties: ['user', 'resourceType'] })
export class IntegrationResource {
  @PrimaryKey({ type: 'bigint', autoincrement: true })
  id: Opt<string>;

  /** The uuid of its public id, `res_<uuid>`. */
  @Property({ type: 'uuid' })
  @Unique()
  resourceId: Opt<string> = newUuid();

  @ManyToOne(() => User, { ref: true, deleteRule: 'cascade' })
  user: Ref<User>;

  @Property({ type: 'text' })
  name: string;

  @Property({ type: 'text' })
  resourceType: string;

  /** That of its type. */
  @Property({ type: 'text' })
  provider: string;

  /** The account that it stands on, if its type needs one; null when that was deleted. */
  @ManyToOne(() => OAuthConnection, { ref: true, nullable: true, deleteRule: 'set null', index: true })
  connection: Ref<OAuthConnection> | null = null;

  /** Satisfies the schema of its type; never a secret. */
  @Property({ type: 'jsonb' })
  metadata: JsonObject;

  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)', defaultRaw: 'now()' })
  createdAt: Opt<Date> = new Date();

  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)', defaultRaw: 'now()', onUpdate: () => new Date() })
  updatedAt: Opt<Date> = new Date();

  constructor(made: { user: User; name: string; resourceType: string; provider: string; metadata: JsonObject }) {
    this.user = ref(made.user);
    this.name = made.name;
    this.resourceType = made.resourceType;
    this.provider = made.provider;
    this.metadata = made.metadata;
  }
}
