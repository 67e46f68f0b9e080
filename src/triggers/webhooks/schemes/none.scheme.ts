import { defineScheme } from './define-scheme.js';

export const none = defineScheme({
  key: 'none',
  title: 'No verification',
  description: 'Whoever knows the address may send. For senders that can neither sign nor sign in.',
  options: { properties: {}, required: [] },
  headers: () => [],
  verify: () => ({}),
});
