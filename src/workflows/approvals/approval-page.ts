import { html, page } from '../../common/html/html.js';
import { formFields, type FormState } from '../../common/html/schema-form.js';
import { type Pause } from '../nodes/pause.js';
import { formSchemaOf } from './approval-form.js';

/** Fields of the page itself; no field of a workflow's form can be called so, they would have to be quoted there. */
export const formNames = { approved: 'seer.approved', by: 'seer.by' } as const;

/** The question, with its form, as a page. It works without script. */
export function approvalPage(token: string, pause: Pause, state: FormState & { by?: string } = {}): string {
  const { title = '', description = '', until } = pause;
  return page(
    title,
    html`<h1>${title}</h1>
${description !== '' && html`<p class="text">${description}</p>`}
${state.faults && html`<p class="fault" role="alert">Please look at the marked fields: nothing was sent yet.</p>`}
<form method="post" action="/v1/approval-forms/${token}">
${formFields(formSchemaOf(pause), state)}
<label for="by">Your name</label>
<input type="text" id="by" name="${formNames.by}" maxlength="255" autocomplete="name" value="${state.by ?? ''}">
<button type="submit" name="${formNames.approved}" value="true">Approve</button>
<button type="submit" name="${formNames.approved}" value="false" formnovalidate>Reject</button>
</form>
${until !== undefined && html`<p class="hint">Open until <time datetime="${until}">${minuteOf(until)} UTC</time>.</p>`}`,
  );
}

export function answeredPage(approved: boolean): string {
  const title = approved ? 'Approved' : 'Rejected';
  return page(title, html`<h1>${title}</h1><p role="status">Thank you. You can close this window.</p>`);
}

function minuteOf(time: string): string {
  return time.slice(0, 16).replace('T', ' ');
}
