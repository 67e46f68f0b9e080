import { apiPath } from '../../tools/api-call.js';
import { pageOf } from '../../tools/github/github-api.js';
import { defineBrowser } from '../define-browser.js';
import { matches, pageNumber } from './pages.js';

/**
 * https://docs.github.com/en/rest/repos/repos#list-repositories-for-the-authenticated-user. The search of GitHub would find
 * repositories of everybody; the names of a page are searched here, so that pages may have fewer items than the limit.
 */
export const repositoryBrowser = defineBrowser({
  provider: 'github',
  key: 'repository',
  title: 'Repositories',
  async list(access, request) {
    const query = { per_page: request.limit, sort: 'full_name' };
    const { items, next } = await pageOf(access, apiPath`/user/repos`, query, pageNumber(request));
    return {
      items: items
        .filter((repository) => matches(request, repository.text('full_name')))
        .map((repository) => ({
          id: repository.text('full_name'),
          title: repository.text('full_name'),
          description: repository.textOrNull('description') ?? undefined,
          url: repository.text('html_url'),
        })),
      nextCursor: next,
    };
  },
});
