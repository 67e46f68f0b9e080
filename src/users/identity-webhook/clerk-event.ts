import { isJsonObject, type Json, type JsonObject } from '../../common/json.js';
import { emailOf, subjectOf } from '../identity.js';
import { IdentityEventInvalidError } from './identity-webhook.errors.js';

/** What Clerk says of a user: how they are now, or that they are gone. */
export type ClerkEvent =
  | { readonly kind: 'is'; readonly subject: string; readonly email: string; readonly at: Date }
  | { readonly kind: 'gone'; readonly subject: string }
  | { readonly kind: 'other' };

/**
 * Reads an event: https://clerk.com/docs/guides/development/webhooks/overview
 * @throws IdentityEventInvalidError
 */
export function readClerkEvent(body: Json): ClerkEvent {
  if (!isJsonObject(body) || typeof body.type !== 'string') throw new IdentityEventInvalidError('no type');
  if (!['user.created', 'user.updated', 'user.deleted'].includes(body.type)) return { kind: 'other' };
  if (!isJsonObject(body.data)) throw new IdentityEventInvalidError('no data');
  const subject = subjectOf(body.data.id);
  if (subject === undefined) throw new IdentityEventInvalidError('no id of a user');
  if (body.type === 'user.deleted') return { kind: 'gone', subject };
  const at = new Date(typeof body.data.updated_at === 'number' ? body.data.updated_at : Number.NaN);
  if (Number.isNaN(at.getTime())) throw new IdentityEventInvalidError('no time of the change (updated_at)');
  return { kind: 'is', subject, email: primaryEmail(body.data), at };
}

/** Empty when there is none that they have shown to be theirs, as with somebody who signs in with a telephone number. */
function primaryEmail({ primary_email_address_id: primary, email_addresses: addresses }: JsonObject): string {
  const found = Array.isArray(addresses)
    ? addresses.find((address) => isJsonObject(address) && typeof primary === 'string' && address.id === primary)
    : undefined;
  const isVerified =
    isJsonObject(found) && isJsonObject(found.verification) && found.verification.status === 'verified';
  return (isVerified ? emailOf(found.email_address) : undefined) ?? '';
}
