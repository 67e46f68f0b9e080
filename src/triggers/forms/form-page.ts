import { html, page } from '../../common/html/html.js';
import { formFields, type FormState } from '../../common/html/schema-form.js';
import { type FormTrigger } from '../types/define-trigger.js';

/** Field of the page itself: tells one submission that is sent twice from two that say the same. */
export const SUBMISSION = 'seer.submission';

type FormPage = ReturnType<FormTrigger['page']>;

/** The form as a page. It works without script. */
export function formPage(form: FormPage, token: string, submission: string, state: FormState = {}): string {
  const { title, description, fields, submit } = form;
  return page(
    title,
    html`<h1>${title}</h1>
${description !== '' && html`<p class="text">${description}</p>`}
${state.faults && html`<p class="fault" role="alert">Please look at the marked fields: nothing was sent yet.</p>`}
<form method="post" action="/v1/forms/${token}">
<input type="hidden" name="${SUBMISSION}" value="${submission}">
${formFields(fields, state)}
<button type="submit">${submit}</button>
</form>`,
  );
}

export function sentPage({ title, success }: FormPage): string {
  return page(
    title,
    html`<h1>${title}</h1>
<p class="text" role="status">${success}</p>`,
  );
}
