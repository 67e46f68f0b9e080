import { anthropic } from './anthropic.resource-type.js';
import { type ResourceType } from './define-resource-type.js';
import { githubAccount } from './github-account.resource-type.js';
import { googleAccount } from './google-account.resource-type.js';
import { httpApi } from './http-api.resource-type.js';
import { mcpServer } from './mcp-server.resource-type.js';
import { openAiCompatible } from './openai-compatible.resource-type.js';
import { postgresDatabase } from './postgres-database.resource-type.js';
import { smtpServer } from './smtp-server.resource-type.js';
import { slackWorkspace } from './slack-workspace.resource-type.js';

/** Every resource type; a new one is a file beside this one and a line here. */
export const resourceTypes: readonly ResourceType[] = [
  httpApi,
  postgresDatabase,
  smtpServer,
  mcpServer,
  openAiCompatible,
  anthropic,
  googleAccount,
  githubAccount,
  slackWorkspace,
];

/** Resource types by key. */
export type ResourceTypeCatalogue = ReadonlyMap<string, ResourceType>;

/** The resource types of this application, a {@link ResourceTypeCatalogue}; injectable. */
export const RESOURCE_TYPES = Symbol('resource type catalogue');

export const resourceTypeCatalogue: ResourceTypeCatalogue = new Map(resourceTypes.map((type) => [type.key, type]));
