export { integrationsProblems } from './integrations-problems.js';
export { IntegrationsModule } from './integrations.module.js';
export { TOOL_CATALOGUE, type ToolCatalogue, toolCatalogue, tools } from './tools/catalogue.js';
export { type Effect, type Tool } from './tools/define-tool.js';
export { ToolRunner } from './tools/tool-runner.js';
