import { html, page } from '../../common/html/html.js';

/** Asks before anything begins, and says for whom: else a link could make somebody connect their account to a stranger. */
export function connectPage(options: { title: string; email: string; next: string; label?: string }): string {
  const { title, email, next, label } = options;
  const heading = label === undefined ? `Connect ${title}` : `Connect ${title} again`;
  return page(
    heading,
    html`<h1>${heading}</h1>
<p>The Seer account <strong>${email}</strong> wants to use your ${title} account${label !== undefined && ` ${label}`}.
Continue only if that is you, or somebody who may act for you.</p>
<p><a href="${next}">Continue to ${title}</a></p>`,
  );
}

export function connectedPage(title: string, label: string): string {
  return page(
    'Connected',
    html`<h1>Connected</h1>
<p role="status">${title}: ${label} is connected. You can close this window.</p>`,
  );
}
