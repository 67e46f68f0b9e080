import { type TestApp } from '../app.js';
import { makeCaller } from '../callers.js';
import { makePublished, specOf } from '../factories.js';
import { makeResource } from '../resources.js';
import { pathOf, subscribe } from '../triggers.js';
import { KnownIds } from './known-ids.js';

const spec = specOf([{ id: 'greet', type: 'set', value: { text: 'Hello ${inputs.name}' } }], {
  inputs: { type: 'object', properties: { name: { type: 'string' } } },
  output: '${greet}',
});
const waiting = specOf([{ id: 'ask', type: 'approval', title: 'May I?' }]);

const form = { title: 'Say hello', fields: { type: 'object', properties: { name: { type: 'string' } } } };
const MANY = 10;

/** Things to ask about: of an administrator, who may do all. */
export async function fillWorld(seer: TestApp): Promise<{ known: KnownIds; token: string }> {
  const { token, key } = await makeCaller(seer.app, {
    role: 'admin',
    scopes: (await seer.admin.get('/v1/me')).body.scopes,
  });
  const known = new KnownIds(new Set([key.publicId]));
  const caller = seer.admin.as(token);
  const workflowId = await makePublished(caller, spec);
  const asking = await makePublished(caller, waiting);
  await caller.post(`/v1/workflows/${workflowId}/runs?mode=sync`, { inputs: { name: 'Ada' } });
  for (let n = 0; n < 5; n++) await caller.post(`/v1/workflows/${asking}/runs?mode=sync`, {});
  // Many of each: requests delete some.
  for (let n = 0; n < MANY; n++) {
    await makeResource(caller, 'http_api', { base_url: seer.url }, { api_key: 'k-1' }, { name: `Test ${n}` });
    const hook = await subscribe(caller, workflowId, 'webhook', { verify: { type: 'none' } });
    await seer.stranger.post(pathOf(hook.webhook_url), { n });
    await subscribe(caller, workflowId, 'cron_schedule', { cron: '0 9 * * *' });
    await subscribe(caller, workflowId, 'form_submission', form);
    await makePublished(caller, spec);
  }
  for (const path of ['workflows', 'runs', 'integrations/resources', 'trigger-subscriptions', 'trigger-events']) {
    known.learn((await caller.get(`/v1/${path}`)).body);
  }
  return { known, token };
}
