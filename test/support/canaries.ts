import { randomBytes } from 'node:crypto';
import { type OAuthProvider } from '../../src/oauth/index.js';

type Endpoints = OAuthProvider['endpoints'];

/** What a Seer in a process of its own is made with. */
export interface CanaryPlan {
  /** Where providers are in place of their real addresses, by their keys. */
  readonly providers: Readonly<Record<string, { endpoints: Endpoints; apis: Record<string, string> }>>;
  readonly connections: readonly {
    readonly provider: string;
    readonly scopes: string[];
    readonly accessToken: string;
    readonly refreshToken: string;
  }[];
}

/**
 * `plain`: as most tokens are; `quoted`: with what JSON, URLs and HTML escape; `wild`: also with spaces and more than ASCII;
 * `digits`: a number.
 */
export type CanaryKind = 'plain' | 'quoted' | 'wild' | 'digits';

const part = (bytes = 9) => randomBytes(bytes).toString('base64url');

/** Secrets that are nowhere but where a test puts them. */
export class Canaries {
  readonly all = new Set<string>();

  make(kind: CanaryKind = 'plain'): string {
    const canary = this.shape(kind);
    this.all.add(canary);
    return canary;
  }

  /** The next kind in turn, of those that can be in a token. */
  makeToken(): string {
    return this.make(this.all.size % 3 === 2 ? 'quoted' : 'plain');
  }

  /** Beginnings that are long enough to be told from everything else: what is cut must not leave them either. */
  get beginnings(): string[] {
    return [...this.all].filter((canary) => canary.length > 16).map((canary) => canary.slice(0, 11));
  }

  private shape(kind: CanaryKind): string {
    switch (kind) {
      case 'plain':
        return part(24);
      case 'quoted':
        return `${part()}"${part(3)}\\${part(3)}%2f+/='<&>${part()}`;
      case 'wild':
        return `${part()} ü "\\${part(3)} %/+?#${part()}`;
      case 'digits':
        return String(1_000_000_000_000_000 + (randomBytes(6).readUIntBE(0, 6) % 7_000_000_000_000_000));
    }
  }
}
