import { signatureHeader } from '../../../common/webhooks/delivery-header.js';
import { defineScheme } from './define-scheme.js';
import { isEventId } from '../../../common/webhooks/event-id.js';
import { eventOf } from './event.js';
import { givenSecret } from './scheme-secret.js';
import { checkTimestamp, hmacSha256, sameText, signatureInvalid } from '../../../common/webhooks/signature.js';

const SIGNATURE = 'X-Slack-Signature';
const TIMESTAMP = 'X-Slack-Request-Timestamp';

/** https://docs.slack.dev/authentication/verifying-requests-from-slack */
export const slack = defineScheme({
  key: 'slack',
  title: 'Slack',
  description:
    'Events, commands and interactions of a Slack app. The secret is the signing secret of the app, under "Basic ' +
    'Information". That the address is asked for its challenge is answered.',
  acceptsForms: true,
  options: { properties: {}, required: [] },
  secret: givenSecret(
    /^[\x21-\x7e]{16,255}$/,
    'the signing secret of the Slack app: 16 or more characters, without spaces',
  ),
  headers: () => [SIGNATURE.toLowerCase(), TIMESTAMP.toLowerCase()],
  verify(delivery, _options, secrets, now) {
    const signature = signatureHeader(delivery, SIGNATURE);
    const timestamp = signatureHeader(delivery, TIMESTAMP);
    checkTimestamp(TIMESTAMP, timestamp, now);
    const genuine = secrets.some((secret) =>
      sameText(signature, `v0=${hmacSha256(secret, `v0:${timestamp}:`, delivery.body).toString('hex')}`),
    );
    if (!genuine) throw signatureInvalid(SIGNATURE);
    const event = eventOf(delivery);
    return event?.type === 'event_callback' && isEventId(event.event_id) ? { id: event.event_id } : {};
  },
  /** https://docs.slack.dev/reference/events/url_verification */
  challenge(delivery) {
    const event = eventOf(delivery);
    if (event?.type !== 'url_verification' || typeof event.challenge !== 'string') return undefined;
    return { challenge: event.challenge };
  },
});
