import { type Browser } from './define-browser.js';
import { branchBrowser } from './github/branch.browser.js';
import { repositoryBrowser } from './github/repository.browser.js';
import { driveFileBrowser } from './google/drive-file.browser.js';
import { spreadsheetBrowser } from './google/spreadsheet.browser.js';
import { mcpToolBrowser } from './mcp-tool.browser.js';
import { modelBrowsers } from './models.browser.js';
import { tableBrowser } from './postgres/table.browser.js';
import { channelBrowser } from './slack/channel.browser.js';

/** Everything that can be browsed; a new one is a file beside this one and a line here. */
export const browsers: readonly Browser[] = [
  spreadsheetBrowser,
  driveFileBrowser,
  repositoryBrowser,
  branchBrowser,
  tableBrowser,
  mcpToolBrowser,
  ...modelBrowsers,
  channelBrowser,
];
