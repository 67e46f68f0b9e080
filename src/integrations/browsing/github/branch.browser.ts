import { BrowsingInvalidError } from '../../integrations.errors.js';
import { apiPath } from '../../tools/api-call.js';
import { pageOf } from '../../tools/github/github-api.js';
import { defineBrowser } from '../define-browser.js';
import { matches, pageNumber } from './pages.js';

/** https://docs.github.com/en/rest/branches/branches#list-branches */
export const branchBrowser = defineBrowser({
  provider: 'github',
  key: 'branch',
  title: 'Branches',
  parent: 'the repository, owner/name',
  async list(access, request) {
    const [, owner, repo] = /^([\w-]+)\/(?!\.{1,2}$)([\w.-]+)$/.exec(request.parent) ?? [];
    if (owner === undefined || repo === undefined) {
      throw new BrowsingInvalidError('/parent', `"${request.parent}" is no repository: it must be owner/name.`);
    }
    const path = apiPath`/repos/${owner}/${repo}/branches`;
    const { items, next } = await pageOf(access, path, { per_page: request.limit }, pageNumber(request));
    return {
      items: items
        .map((branch) => branch.text('name'))
        .filter((name) => matches(request, name))
        .map((name) => ({ id: name, title: name })),
      nextCursor: next,
    };
  },
});
