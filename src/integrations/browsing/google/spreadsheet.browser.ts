import { defineBrowser } from '../define-browser.js';
import { browseFiles, fileScopes } from './files.js';

export const spreadsheetBrowser = defineBrowser({
  provider: 'google',
  key: 'spreadsheet',
  title: 'Spreadsheets',
  scopes: fileScopes,
  list: (access, request) => browseFiles(access, request, 'application/vnd.google-apps.spreadsheet'),
});
