/** Whose something is, in lists of all users. */
export class OwnerResponse {
  /** Subject at the identity provider. @example user_2abc */
  user_id: string;
  /** Who vouches for the subject. @example https://id.example.com */
  issuer: string;
  /** Empty when the provider gave none. @example ada@example.com */
  email: string;

  static from(row: OwnerRow): OwnerResponse {
    return Object.assign(new OwnerResponse(), {
      user_id: row.owner_subject,
      issuer: row.owner_issuer,
      email: row.owner_email,
    } satisfies OwnerResponse);
  }
}

/** An owner as it is read beside what they own. */
export interface OwnerRow {
  readonly owner_subject: string;
  readonly owner_issuer: string;
  readonly owner_email: string;
}

/** Of `"user" u`: what people know an owner by. */
export const ownerName = `coalesce(nullif(u.email, ''), u.user_id)`;

/** Of `"user" u`. */
export const ownerColumns = 'u.user_id as owner_subject, u.issuer as owner_issuer, u.email as owner_email';
