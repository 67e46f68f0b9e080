import { type Principal } from './auth/principal.js';
import { type ScopeName } from './auth/scopes.js';
import { type User, type UserRole } from './user.entity.js';

/** The caller: who they are and what their credential may do. */
export class MeResponse {
  /** Subject at the identity provider. @example user_2abc */
  user_id: string;
  /** Who vouches for the subject; `seer` for the first administrator. @example https://id.example.com */
  issuer: string;
  /** Empty when the provider gave none. @example ada@example.com */
  email: string;
  /** @example member */
  role: UserRole;
  /** What the credential of this request may do. @example ["workflows:read","runs:read"] */
  scopes: ScopeName[];
  created_at: Date;

  static from(user: User, caller: Principal): MeResponse {
    return Object.assign(new MeResponse(), {
      user_id: user.userId,
      issuer: user.issuer,
      email: user.email,
      role: user.role,
      scopes: [...caller.scopes],
      created_at: user.createdAt,
    } satisfies MeResponse);
  }
}
