import { makePublicId } from '../common/public-id.js';
import { type Principal } from './auth/principal.js';
import { type ScopeName } from './auth/scopes.js';
import { type User, type UserRole } from './user.entity.js';

/** The caller: who they are and what their credential may do. */
export class MeResponse {
  /** The user's id in Seer, the same whatever the identity provider says. @example usr_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b */
  id: string;
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
      id: makePublicId('user', user.publicId),
      user_id: user.userId,
      issuer: user.issuer,
      email: user.email,
      role: user.role,
      scopes: [...caller.scopes],
      created_at: user.createdAt,
    } satisfies MeResponse);
  }
}
