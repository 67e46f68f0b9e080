import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWTHeaderParameters, type JWTPayload, SignJWT } from 'jose';

export const AUDIENCE = 'seer-tests';

/** An identity provider on loopback that publishes one ES256 key, as Clerk, Auth0 or Keycloak would. */
export interface IdentityProvider {
  readonly issuer: string;
  readonly publicKey: CryptoKey;
  /** How often its keys were asked for. */
  readonly keyRequests: number;
  /** While set, it answers requests for its keys with this status. */
  outage: number | undefined;
  /** A valid token of the subject for Seer; `claims` and `header` override what it says, `key` who signs it. */
  token(subject: string, change?: TokenChange): Promise<string>;
  /** Variables that make Seer trust it. */
  readonly environment: Record<string, string>;
  close(): Promise<void>;
}

export interface TokenChange {
  /** `undefined` leaves a claim out. */
  claims?: JWTPayload;
  header?: Partial<JWTHeaderParameters>;
  key?: CryptoKey | Uint8Array;
}

export async function startIdentityProvider(): Promise<IdentityProvider> {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const keys = [{ ...(await exportJWK(publicKey)), kid: 'published', alg: 'ES256', use: 'sig' }];
  let keyRequests = 0;
  const server = createServer((_request, response) => {
    keyRequests++;
    response.writeHead(provider.outage ?? 200, { 'Content-Type': 'application/json' }).end(JSON.stringify({ keys }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const provider: IdentityProvider = {
    issuer,
    publicKey,
    outage: undefined,
    environment: { SEER_AUTH_ISSUER: issuer, SEER_AUTH_AUDIENCE: AUDIENCE },
    get keyRequests() {
      return keyRequests;
    },
    token(subject, { claims, header, key = privateKey } = {}) {
      const now = Math.floor(Date.now() / 1000);
      return new SignJWT({ iss: issuer, aud: AUDIENCE, sub: subject, exp: now + 300, ...claims })
        .setProtectedHeader({ alg: 'ES256', kid: 'published', ...header })
        .sign(key);
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  return provider;
}
