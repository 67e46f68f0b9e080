import { IsString, Length, Matches } from 'class-validator';
import { type ClientSource } from './oauth-clients.js';

export class StoreOAuthClientRequest {
  /** As the provider's console shows it. @example 407408718192.apps.googleusercontent.com */
  @IsString()
  @Length(1, 1_024)
  @Matches(/^[\x21-\x7e]+$/, { message: 'client_id must be printable ASCII without spaces' })
  client_id: string;

  /** Stored encrypted; never shown again. @example GOCSPX-4u9Kf2 */
  @IsString()
  @Length(1, 4_096)
  @Matches(/^[\x21-\x7e]+$/, { message: 'client_secret must be printable ASCII without spaces' })
  client_secret: string;
}

/** How this installation is registered with a provider; the secret is never shown. */
export class OAuthClientResponse {
  /** @example google */
  provider: string;
  /** @example 407408718192.apps.googleusercontent.com */
  client_id: string;
  /** `environment`: set by the operator's variables, which win. `database`: stored by an administrator. @example database */
  source: ClientSource;
  /** The redirect URL to enter at the provider. @example https://seer.example.com/v1/integrations/google/callback */
  redirect_uri: string;
  /** Null for those of the environment. */
  updated_at: Date | null;
}

export class OAuthClientsResponse {
  items: OAuthClientResponse[];
}
