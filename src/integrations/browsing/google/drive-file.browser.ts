import { defineBrowser } from '../define-browser.js';
import { browseFiles, fileScopes } from './files.js';

export const driveFileBrowser = defineBrowser({
  provider: 'google',
  key: 'drive_file',
  title: 'Files in Drive',
  scopes: fileScopes,
  list: (access, request) => browseFiles(access, request),
});
