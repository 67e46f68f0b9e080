import { add } from '../arithmetic.js';
import { limitList, payForList, type Budget } from '../budget.js';
import { compare, equals } from '../equality.js';
import { fail } from '../expression-error.js';
import { DYN, itemsOf, type Type } from '../types.js';
import { defineFunction } from './define-function.js';

const sameList = (list: Type): Type => list;
const itemType = (list: Type): Type => itemsOf(list) ?? DYN;

function sum(list: readonly unknown[], work: Budget): unknown {
  payForList(list.length, work);
  let total: unknown = 0;
  for (const item of list) {
    if (typeof item !== 'number') return fail('sum: every item must be a number');
    total = add(total, item, work);
  }
  return total;
}

function sort(list: readonly unknown[], work: Budget): unknown[] {
  payForList(list.length, work);
  return list.toSorted((a, b) => {
    work.spend(2);
    return compare(a, b, work);
  });
}

function distinct(list: readonly unknown[], work: Budget): unknown[] {
  payForList(list.length, work);
  const scalars = new Set<unknown>();
  const others: unknown[] = [];
  return list.filter((item) => {
    if (typeof item !== 'object' || item === null) {
      if (typeof item === 'string') work.spendText(item.length);
      work.spend(4);
      return scalars.size !== scalars.add(item).size;
    }
    if (others.some((other) => (work.spend(1), equals(item, other, work)))) return false;
    return others.push(item) > 0;
  });
}

function flatten(list: readonly unknown[], depth: number, work: Budget): unknown[] {
  if (!Number.isInteger(depth) || depth < 0 || depth > 100) return fail('flatten: "depth" must be 0 to 100');
  const flat: unknown[] = [];
  append(flat, list, depth, work);
  return flat;
}

function append(flat: unknown[], list: readonly unknown[], depth: number, work: Budget): void {
  work.spend(list.length);
  for (const item of list) {
    if (depth > 0 && Array.isArray(item)) append(flat, item, depth - 1, work);
    else limitList(flat.push(item));
  }
}

export const listFunctions = [
  defineFunction({
    name: 'sum',
    style: 'both',
    params: { list: 'list' },
    returns: 'number',
    description: 'The sum of the numbers in the list; 0 if it is empty.',
    run: ({ list }, work) => sum(list, work),
  }),
  defineFunction({
    name: 'sort',
    style: 'both',
    params: { list: 'list' },
    returns: sameList,
    description: 'The items from the smallest to the largest. All of them must be of one kind that has an order.',
    run: ({ list }, work) => sort(list, work),
  }),
  defineFunction({
    name: 'distinct',
    style: 'both',
    params: { list: 'list' },
    returns: sameList,
    description: 'The items without repetitions, in the order in which they first appear.',
    run: ({ list }, work) => distinct(list, work),
  }),
  defineFunction({
    name: 'flatten',
    style: 'both',
    params: { list: 'list', depth: 'number?' },
    returns: 'list',
    description: 'The list with the lists inside it replaced by their items, `depth` levels deep (1 if not given).',
    run: ({ list, depth = 1 }, work) => flatten(list, depth, work),
  }),
  defineFunction({
    name: 'first',
    style: 'both',
    params: { list: 'list' },
    returns: itemType,
    description: 'The first item, or null if the list is empty.',
    run: ({ list }) => list[0] ?? null,
  }),
  defineFunction({
    name: 'last',
    style: 'both',
    params: { list: 'list' },
    returns: itemType,
    description: 'The last item, or null if the list is empty.',
    run: ({ list }) => list.at(-1) ?? null,
  }),
];
