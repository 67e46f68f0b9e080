import { startApp, type TestApp } from './support/app.js';
import { makeCaller } from './support/callers.js';
import { makePublished, makeWorkflow, specOf } from './support/factories.js';

let seer: TestApp;

beforeAll(async () => {
  seer = await startApp();
});

afterAll(() => seer.close());

const run = (workflow: string, more: object = {}) =>
  specOf([{ id: 'c', type: 'workflow', workflow_id: workflow, ...more }]);
const leaf = specOf([{ id: 'a', type: 'set', value: 1 }]);
const report = async (spec: object) => (await seer.admin.post('/v1/workflows/validate', { spec })).body;

describe('the preflight of a workflow that runs others', () => {
  it('finds nothing wrong with one that is published', async () => {
    const id = await makePublished(seer.admin, leaf);
    expect(await report(run(id))).toMatchObject({ ok: true, errors: [], warnings: [] });
    expect(await report(run(id, { version: 1 }))).toMatchObject({ ok: true });
  });

  it('names those that do not exist or belong to others, and versions that do not', async () => {
    const id = await makePublished(seer.admin, leaf);
    const foreign = await makePublished(seer.admin.as((await makeCaller(seer.app)).token), leaf);
    for (const spec of [run('wf_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b'), run(foreign), run(id, { version: 2 })]) {
      const { ok, errors } = await report(spec);
      expect(ok).toBe(false);
      expect(errors).toMatchObject([{ code: 'workflow-unknown', node_id: 'c', pointer: '/nodes/0/workflow_id' }]);
      const workflow = await makeWorkflow(seer.admin, spec);
      expect((await seer.admin.post(`/v1/workflows/${workflow}/publish`, {})).status).toBe(422);
    }
  });

  it('warns of one of which nothing is published yet, and of a circle', async () => {
    const id = await makeWorkflow(seer.admin, leaf);
    expect(await report(run(id))).toMatchObject({ ok: true, warnings: [{ code: 'workflow-unpublished' }] });
    const first = await makePublished(seer.admin, leaf);
    const second = await makePublished(seer.admin, run(first));
    const { revision } = (await seer.admin.get(`/v1/workflows/${first}/draft`)).body;
    await seer.admin.patch(`/v1/workflows/${first}/draft`, { base_revision: revision, spec: run(second) });
    const published = await seer.admin.post(`/v1/workflows/${first}/publish`, {});
    expect(published.body.report).toMatchObject({ ok: true });
    expect(await report(run(first))).toMatchObject({ ok: true, warnings: [{ code: 'workflow-recursive' }] });
  });

  it('refuses more runs inside one another than may be', async () => {
    let inner = await makePublished(seer.admin, leaf);
    for (let level = 2; level < 8; level++) inner = await makePublished(seer.admin, run(inner));
    expect(await report(run(inner))).toMatchObject({ ok: true });
    const eighth = await makePublished(seer.admin, run(inner));
    expect(await report(run(eighth))).toMatchObject({ ok: false, errors: [{ code: 'workflow-too-deep' }] });
  });
});
