import { type Tool } from './define-tool.js';
import { emailSend } from './email/email-send.tool.js';
import { githubCreateComment } from './github/github-create-comment.tool.js';
import { githubCreateIssue } from './github/github-create-issue.tool.js';
import { githubGetRepo } from './github/github-get-repo.tool.js';
import { githubListIssues } from './github/github-list-issues.tool.js';
import { driveListFiles } from './google/drive-list-files.tool.js';
import { gmailGetMessage } from './google/gmail-get-message.tool.js';
import { gmailSearchMessages } from './google/gmail-search-messages.tool.js';
import { gmailSendEmail } from './google/gmail-send-email.tool.js';
import { sheetsAppendRows } from './google/sheets-append-rows.tool.js';
import { sheetsReadRange } from './google/sheets-read-range.tool.js';
import { httpRequest } from './http/http-request.tool.js';
import { mcpCall } from './mcp/mcp-call.tool.js';
import { postgresQuery } from './postgres/postgres-query.tool.js';
import { linearCreateIssue } from './linear/linear-create-issue.tool.js';
import { notionCreatePage } from './notion/notion-create-page.tool.js';
import { slackListChannels } from './slack/slack-list-channels.tool.js';
import { slackPostMessage } from './slack/slack-post-message.tool.js';

/** Every tool; a new one is a file beside this one and a line here. */
export const tools: readonly Tool[] = [
  httpRequest,
  postgresQuery,
  emailSend,
  mcpCall,
  gmailSendEmail,
  gmailSearchMessages,
  gmailGetMessage,
  sheetsReadRange,
  sheetsAppendRows,
  driveListFiles,
  githubGetRepo,
  githubListIssues,
  githubCreateIssue,
  githubCreateComment,
  slackPostMessage,
  slackListChannels,
  notionCreatePage,
  linearCreateIssue,
];

/** Tools by key. */
export type ToolCatalogue = ReadonlyMap<string, Tool>;

/** The tools of this application, a {@link ToolCatalogue}; injectable. */
export const TOOL_CATALOGUE = Symbol('tool catalogue');

/** The product's own. */
export const toolCatalogue: ToolCatalogue = new Map(tools.map((tool) => [tool.key, tool]));
