import { Injectable } from '@nestjs/common';
import { DomainError } from '../../common/errors.js';
import { type Principal } from '../../users/index.js';
import { CredentialResolver } from '../credentials/credential-resolver.js';
import { failureOf } from '../credentials/failure.js';
import { BrowsingFailedError, BrowsingInvalidError, NotBrowsableError } from '../integrations.errors.js';
import { ToolError } from '../tools/tool-error.js';
import { type BrowsedPageResponse, type BrowseQuery } from './browsing.dto.js';
import { browsers } from './catalogue.js';
import { type BrowsedItem, type Browser } from './define-browser.js';

/** Somebody waits for the answer. */
const BROWSE_MS = 15_000;

/** Shows what accounts and resources have inside, with the credentials of their owner. */
@Injectable()
export class BrowsingService {
  constructor(private readonly credentials: CredentialResolver) {}

  /**
   * @param key the `resource_type` of the path
   * @throws NotBrowsableError, BrowsingInvalidError, BrowsingFailedError, and what is wrong with a connection or resource
   */
  async browse(caller: Principal, provider: string, key: string, query: BrowseQuery): Promise<BrowsedPageResponse> {
    const browser = find(provider, key);
    const parent = parentOf(browser, query.parent);
    const use = {
      userId: caller.userId,
      needs: needsOf(browser),
      connection: query.connection_id,
      resource: query.resource_id,
      signal: AbortSignal.timeout(BROWSE_MS),
    };
    const { query: text, cursor, limit } = query;
    try {
      return await this.credentials.use(use, async (access) => {
        const page = await browser.list(access, { query: text, cursor, limit, parent });
        return { items: page.items.map(itemOf), next_cursor: page.nextCursor ?? null };
      });
    } catch (error) {
      throw refusalOf(error);
    }
  }
}

/** Where there is an account, scopes; where there is a resource, its types. */
function needsOf({ provider, key, scopes, resourceTypes }: Browser) {
  const what = `Browsing ${provider}/${key}`;
  return resourceTypes ? { key: what, resourceTypes } : { key: what, provider, ...(scopes && { scopes }) };
}

/** @throws NotBrowsableError */
function find(provider: string, key: string): Browser {
  const found = browsers.find((browser) => browser.provider === provider && browser.key === key);
  if (found) return found;
  throw new NotBrowsableError(
    `${provider}/${key}`,
    browsers.map((browser) => `${browser.provider}/${browser.key}`),
  );
}

/** @throws BrowsingInvalidError */
function parentOf({ title, parent: meaning }: Browser, given: string | undefined): string {
  if (meaning === undefined && given !== undefined) {
    throw new BrowsingInvalidError('/parent', `${title} are inside of nothing: leave parent out.`);
  }
  if (meaning !== undefined && given === undefined) {
    throw new BrowsingInvalidError('/parent', `${title} need a parent: ${meaning}.`);
  }
  return given ?? '';
}

function itemOf({ id, title, description, url }: BrowsedItem) {
  return { id, title, description: description ?? null, url: url ?? null };
}

/** What a node would be told as its failure is an answer of ours here. A fault of ours stays one. */
function refusalOf(error: unknown): unknown {
  if (error instanceof Error && error.cause instanceof DomainError) return error.cause;
  if (error instanceof DomainError) return error;
  const { code, message } = failureOf(error);
  const isTimeout = code === 'node-timeout';
  const retryable = isTimeout || (error as ToolError).retryable;
  const retryAfter = error instanceof ToolError ? error.retryAfter : undefined;
  return new BrowsingFailedError(message, retryable, retryAfter);
}
