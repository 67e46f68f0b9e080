import { type TestApp } from '../app.js';
import { makeCaller } from '../callers.js';
import { makePublished, specOf } from '../factories.js';
import { makeResource } from '../resources.js';
import { subscribe } from '../triggers.js';
import { KnownIds } from './known-ids.js';

const spec = specOf([{ id: 'greet', type: 'set', value: { text: 'Hello ${inputs.name}' } }], {
  inputs: { type: 'object', properties: { name: { type: 'string' } } },
  output: '${greet}',
});
const waiting = specOf([{ id: 'ask', type: 'approval', title: 'May I?' }]);

/** Things to ask about: of an administrator, who may do all, and some of somebody else, who must not be disturbed. */
export async function fillWorld(seer: TestApp): Promise<{ known: KnownIds; token: string }> {
  const { token, key } = await makeCaller(seer.app, { role: 'admin', scopes: (await seer.admin.get('/v1/me')).body.scopes });
  const known = new KnownIds(new Set([key.publicId]));
  const caller = seer.admin.as(token);
  const workflowId = await makePublished(caller, spec);
  const asking = await makePublished(caller, waiting);
  await caller.post(`/v1/workflows/${workflowId}/runs?mode=sync`, { inputs: { name: 'Ada' } });
  for (let n = 0; n < 5; n++) await caller.post(`/v1/workflows/${asking}/runs?mode=sync`, {});
  await makeResource(caller, 'http_api', { base_url: seer.url }, {});
  await subscribe(caller, workflowId, 'webhook', { verify: { type: 'none' } });
  await subscribe(caller, workflowId, 'form_submission', {
    title: 'Say hello',
    fields: { type: 'object', properties: { name: { type: 'string' } } },
  });
  for (const path of ['workflows', 'runs', 'integrations/resources', 'trigger-subscriptions']) {
    known.learn((await caller.get(`/v1/${path}`)).body);
  }
  return { known, token };
}
