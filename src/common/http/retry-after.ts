/** The seconds of a `Retry-After`, which may be a date too (RFC 9110, section 10.2.3); undefined when it says nothing. */
export function secondsOfRetryAfter(text: string | null | undefined): number | undefined {
  if (!text) return undefined;
  const seconds = /^\d+$/.test(text) ? Number(text) : Math.ceil((Date.parse(text) - Date.now()) / 1_000);
  return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined;
}
