/** Characters of a subject. */
const MAX_SUBJECT_LENGTH = 255;
/** RFC 5321: 64 characters before the @ and 255 after it. */
const MAX_EMAIL_LENGTH = 320;

/** A subject as an identity provider gives it; undefined when it can't be one. */
export function subjectOf(claim: unknown): string | undefined {
  return storableText(claim, MAX_SUBJECT_LENGTH);
}

/** An e-mail address as an identity provider gives it; undefined when it can't be one. */
export function emailOf(claim: unknown): string | undefined {
  return storableText(claim, MAX_EMAIL_LENGTH);
}

/**
 * The e-mail address of somebody by their token; undefined when there is none, or the provider says that nobody has shown it to
 * be theirs: operators name users by it. Some providers write booleans as texts.
 */
export function emailOfToken({ email, email_verified: isVerified }: Record<string, unknown>): string | undefined {
  return isVerified === false || isVerified === 'false' ? undefined : emailOf(email);
}

/** Text within the limit, without control characters and broken surrogates. */
function storableText(claim: unknown, maxLength: number): string | undefined {
  if (typeof claim !== 'string' || claim.length === 0 || claim.length > maxLength) return undefined;
  return claim.isWellFormed() && !/\p{Cc}/u.test(claim) ? claim : undefined;
}
