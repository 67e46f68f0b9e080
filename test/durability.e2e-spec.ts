import { Fleet } from './chaos/support/fleet.js';
import { graphNamed } from './chaos/support/graphs.js';
import { Judge } from './chaos/support/judge.js';
import { killAtCalls } from './chaos/support/waves.js';

/** The smallest part of `npm run test:chaos`, which has the rest. */
describe('a process that is killed', () => {
  it('has its runs taken over by another one, at the node where each was', async () => {
    const fleet = await Fleet.start(2);
    try {
      const judge = new Judge(fleet);
      const cuts = [
        { graph: graphNamed('a chain of five calls'), call: 3, moment: 'arrival' as const },
        { graph: graphNamed('for each of eight'), call: 4, moment: 'arrival' as const },
        { graph: graphNamed('a node that fails twice'), call: 3, moment: 'answer' as const },
        { graph: graphNamed('a child run'), call: 3, moment: 'arrival' as const },
      ];
      await judge.learn(cuts.map(({ graph }) => graph));
      const runs = await killAtCalls(fleet, [cuts]);
      const verdict = await judge.judge(runs);
      expect(verdict.faults).toEqual([]);
      expect(verdict.recoveries.length).toBeGreaterThanOrEqual(cuts.length - 1);
    } finally {
      await fleet.stop();
    }
  }, 300_000);
});
