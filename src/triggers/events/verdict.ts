/**
 * What became of an event. `accepted`: it started a run. `duplicate`: the same event was accepted within the last 24 hours.
 * `filtered`: the subscription's filter does not want it. `rejected`: it did not prove where it comes from, or was no event;
 * kept without its content. `skipped`: it was not its time, or a limit was reached. `failed`: no run could be made of it.
 */
export type Verdict = 'accepted' | 'duplicate' | 'filtered' | 'rejected' | 'skipped' | 'failed';
export const verdicts: Verdict[] = ['accepted', 'duplicate', 'filtered', 'rejected', 'skipped', 'failed'];
