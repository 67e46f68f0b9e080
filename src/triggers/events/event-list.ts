import { type HotRead, type HotReads } from '../../common/database/hot-reads.js';
import { newestRows, type SelectOf, type Walk, type Wanted } from '../../common/database/newest-rows.js';
import { parsePublicId } from '../../common/public-id.js';
import { type EventQuery, type EventRow } from './event.dto.js';
import { verdicts } from './verdict.js';

const subscriptionOfList: HotRead = {
  name: 'subscription-of-events',
  text: 'select id from trigger_subscription where subscription_id = $1 and user_id = $2',
};

/** A page of somebody's events, the newest first. */
export async function listEvents(
  reads: HotReads,
  { userId, query, below, count }: { userId: string; query: EventQuery; below: string | undefined; count: number },
  select: SelectOf,
): Promise<EventRow[]> {
  const of = await ownerOf(reads, userId, query.subscription_id);
  if (!of) return [];
  const { read, values } = newestRows({
    ...walksOf(of, query),
    ...{ table: 'trigger_event', id: 'event_id', below, count, select },
    after: query.created_after,
    before: query.created_before,
  });
  return reads.rows<EventRow>(read, values);
}

/** Undefined when there is no such subscription. */
async function ownerOf(reads: HotReads, userId: string, publicId: string | undefined): Promise<Wanted | undefined> {
  if (publicId === undefined) return { column: 'user_id', type: 'bigint', values: [userId] };
  const uuid = parsePublicId('subscription', publicId) ?? null;
  const [row] = await reads.rows<{ id: string }>(subscriptionOfList, [uuid, userId]);
  return row && { column: 'subscription_id', type: 'bigint', values: [row.id] };
}

/** Accepted events are in the index of all; the others have one more, which costs accepted ones nothing. */
function walksOf(owner: Wanted, { verdict = verdicts }: EventQuery): { name: string; walks: readonly Walk[] } {
  const name = `events-${owner.column}`;
  const others = verdicts.filter((one) => one !== 'accepted' && verdict.includes(one));
  const unaccepted: Walk = {
    wanted: [owner, { column: 'verdict', type: 'text', values: others }],
    where: `t.verdict <> 'accepted'`,
  };
  if (!verdict.includes('accepted')) return { name: `${name}-unaccepted`, walks: [unaccepted] };
  if (others.length === verdicts.length - 1) return { name, walks: [{ wanted: [owner] }] };
  const accepted: Walk = { wanted: [owner], where: `t.verdict = 'accepted'` };
  if (others.length === 0) return { name: `${name}-accepted`, walks: [accepted] };
  return { name: `${name}-mixed`, walks: [accepted, unaccepted] };
}
