import { type Access } from '../credentials/access.js';

/** Which part of a list is wanted. */
export interface BrowseRequest {
  /** What people typed to find something; undefined: everything. */
  readonly query: string | undefined;
  /** `nextCursor` of the part before, as the browser gave it. */
  readonly cursor: string | undefined;
  /** How many items at most, 1 to 100. */
  readonly limit: number;
  /** What the things are inside of; always there for a browser that has a `parent`. */
  readonly parent: string;
}

/** Something that an input of a tool can name. */
export interface BrowsedItem {
  /** What the input takes. */
  readonly id: string;
  readonly title: string;
  readonly description?: string | undefined;
  readonly url?: string | undefined;
}

export interface BrowsedPage {
  readonly items: readonly BrowsedItem[];
  /** Undefined: there are no more. */
  readonly nextCursor?: string | undefined;
}

/** What there is at a provider, for people who choose: the spreadsheets of an account, the tables of a database. */
export interface Browser {
  /** Key of an OAuth provider, or the `provider` of the resource types it works with. */
  readonly provider: string;
  /** `resource_type` in the path: lower case letters, digits, `_`. */
  readonly key: string;
  /** In the plural, for people. */
  readonly title: string;
  /** What a connection must be granted for it. */
  readonly scopes?: readonly string[];
  /** It works on a saved resource of these types, not on an account. */
  readonly resourceTypes?: readonly string[];
  /** Its things are inside of others: what `parent` is, e.g. `the repository, owner/name`. */
  readonly parent?: string;
  /** @throws ToolError, an error of egress, or BrowsingInvalidError when the request can't be meant */
  list(access: Access, request: BrowseRequest): Promise<BrowsedPage>;
}

/** Defines a browser: one file beside this one, and one line in the catalogue. */
export function defineBrowser(browser: Browser): Browser {
  return browser;
}
