import { type JsonObject } from '../../src/common/json.js';

/** What every run gets. */
export const inputs = { customer: 'Ada', prices: [12.5, 30, 7.25], country: 'PT' };

/** Three transforms, each using the one before. */
export const threeTransforms: JsonObject = {
  version: '1',
  nodes: [
    { id: 'net', type: 'set', value: '${sum(inputs.prices)}' },
    { id: 'gross', type: 'set', value: "${net * (inputs.country == 'PT' ? 1.23 : 1.2)}" },
    { id: 'note', type: 'set', value: { to: '${inputs.customer}', text: 'You owe ${gross}.' } },
  ],
};

/** The same of what a webhook was sent. */
export const threeTransformsOfEvent: JsonObject = JSON.parse(
  JSON.stringify(threeTransforms).replaceAll('inputs.', 'trigger.data.body.'),
) as JsonObject;

let deliveries = 0;

/** A delivery that never came before: the same one again would start no run. */
export function delivery(): JsonObject {
  return { ...inputs, order: ++deliveries };
}

/** Five writes, each using the one before. */
export const fiveWrites: JsonObject = {
  version: '1',
  nodes: ['one', 'two', 'three', 'four', 'five'].map((id, index, ids) => ({
    id,
    type: 'tool',
    tool: 'bench.noop',
    inputs: { number: index === 0 ? 0 : `\${${ids[index - 1]}}` },
  })),
};

/** A trivial body for each of the items. */
export const fanOut: JsonObject = {
  version: '1',
  nodes: [
    {
      id: 'all',
      type: 'for_each',
      items: 'inputs.items',
      as: 'item',
      nodes: [{ id: 'next', type: 'set', value: '${item + 1}' }],
    },
  ],
};

/** Three transforms of what a schedule tells. */
export const scheduled: JsonObject = {
  version: '1',
  nodes: [
    { id: 'slot', type: 'set', value: '${trigger.data.slot}' },
    { id: 'day', type: 'set', value: '${slot.substring(0, 10)}' },
    { id: 'note', type: 'set', value: 'It is ${day}.' },
  ],
};
