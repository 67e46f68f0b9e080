import { connect } from './support/database.js';
import { startApp } from './support/app.js';
import { specOf } from './support/factories.js';
import { json, startPeer } from './support/peer.js';

describe('a process that stops', () => {
  it('brings the runs that it holds to their end, and leaves the others in the queue', async () => {
    const peer = await startPeer((_request, response) => {
      setTimeout(() => json(response, { ok: true }), 150);
    });
    const seer = await startApp({ SEER_RUN_SLOTS: '8', SEER_RUN_SLOTS_PER_USER: '8' });
    const call = { type: 'tool', tool: 'http.request', inputs: { url: `${peer.url}/` } };
    const spec = specOf([
      { id: 'first', ...call },
      { id: 'second', ...call },
    ]);
    const accepted = await Promise.all(Array.from({ length: 12 }, () => seer.admin.post('/v1/runs', { spec })));
    expect(accepted.map(({ status }) => status)).toEqual(Array<number>(12).fill(202));
    const waiting = seer.admin.post('/v1/runs?mode=sync', { spec });
    await seer.app.close();

    const database = await connect(seer.databaseUrl);
    const { rows } = await database.query<{ status: string; runs: number }>(
      'select status, count(*)::int as runs from workflow_run group by 1 order by 1',
    );
    await database.end();
    await peer.close();
    await waiting.catch(() => {});
    expect(rows.map(({ status }) => status)).not.toContain('RUNNING');
    expect(rows.find(({ status }) => status === 'COMPLETED')!.runs).toBeGreaterThanOrEqual(8);
    expect(rows.reduce((sum, { runs }) => sum + runs, 0)).toBeGreaterThanOrEqual(12);
  });
});
