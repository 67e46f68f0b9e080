import { IntegrationResource } from './resources/integration-resource.entity.js';
import { IntegrationSecret, resourceSecrets } from './resources/integration-secret.entity.js';

export { type Access } from './credentials/access.js';
export { CredentialResolver, type UsedCredential } from './credentials/credential-resolver.js';
export { type CredentialCheck, CredentialChecks } from './credentials/credential-checks.js';
export { credentialProblems, integrationsProblems } from './integrations-problems.js';
export { IntegrationResource };
export { IntegrationsModule } from './integrations.module.js';
export { modelNeeds } from './models/catalogue.js';
export {
  type ModelAnswer,
  type ModelFunction,
  type ModelFunctionCall,
  type ModelMessage,
  type ModelQuestion,
  type ModelUsage,
} from './models/model-question.js';
export { ModelRunner } from './models/model-runner.js';
export { resourceTypeCatalogue, type ResourceTypeCatalogue } from './resource-types/catalogue.js';
export { apiPath } from './tools/api-call.js';
export { type Fields } from './tools/fields.js';
export { readMessage } from './tools/google/gmail-message.js';
export { callGoogle } from './tools/google/google-api.js';
export { type Cell, headersOf, recordOf, spreadsheetInput } from './tools/google/sheets.js';
export { callApi, withQuery } from './tools/http/http-api.js';
export { ToolError } from './tools/tool-error.js';
export { errorOf, troubleOf } from './tools/verdict.js';
export { TOOL_CATALOGUE, type ToolCatalogue, toolCatalogue, tools } from './tools/catalogue.js';
export { type CredentialNeeds, type Effect, type Tool, type ToolFunction } from './tools/define-tool.js';
export { ToolRunner } from './tools/tool-runner.js';
export const integrationsEntities = [IntegrationResource, IntegrationSecret];
export const integrationsSecrets = resourceSecrets;
