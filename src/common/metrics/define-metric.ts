import { Counter, Gauge, Histogram, Registry } from '@prometheus-io/client';

/** All metrics of this process. */
export const registry = new Registry();

/**
 * The labels of a metric, each with all values that it can have, or with a sentence that says what bounds them. What is not
 * among the values is counted as `other`: no input makes a new series.
 */
export type LabelRules = Readonly<Record<string, readonly string[] | string>>;

interface Description<Rules extends LabelRules> {
  /** By the conventions of Prometheus: `seer_`, what it is, its unit. */
  readonly name: `seer_${string}`;
  readonly help: string;
  readonly labels?: Rules;
}

type LabelsOf<Rules extends LabelRules> = Readonly<Record<keyof Rules & string, string>>;

/** A metric as docs/metrics.md has it. */
export interface MetricDescription {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: LabelRules;
}

const defined: MetricDescription[] = [];

/** Every metric that was defined; what Node.js tells of itself is not among them. */
export function describeMetrics(): readonly MetricDescription[] {
  return [...defined].sort((one, other) => one.name.localeCompare(other.name, 'en'));
}

/** How often something happened. Its name ends in `_total`. */
export function defineCounter<const Rules extends LabelRules = {}>(description: Description<Rules>) {
  const metric = new Counter(describe('counter', description));
  const bounded = boundedBy(description.labels);
  for (const labels of fewCombinations(description.labels ?? {})) metric.inc(labels, 0);
  return {
    add: (labels: LabelsOf<Rules>, count = 1) => metric.inc(bounded(labels), count),
    /** For hot paths: labels that are known once and for all. */
    of: (labels: LabelsOf<Rules>) => {
      const known = bounded(labels);
      return { add: (count = 1) => metric.inc(known, count) };
    },
  };
}

/** How much of something there was each time: seconds, bytes, a number of things. Its name ends in the unit. */
export function defineHistogram<const Rules extends LabelRules = {}>(
  description: Description<Rules> & { readonly buckets: readonly number[] },
) {
  const metric = new Histogram({ ...describe('histogram', description), buckets: [...description.buckets] });
  const bounded = boundedBy(description.labels);
  return {
    observe: (labels: LabelsOf<Rules>, value: number) => metric.observe(bounded(labels), value),
    /** For hot paths: labels that are known once and for all. */
    of: (labels: LabelsOf<Rules>) => {
      const known = bounded(labels);
      return { observe: (value: number) => metric.observe(known, value) };
    },
  };
}

/** Undefined: it is not known at the moment, so nothing is said of it. */
type Reading = number | undefined;

/** What there is of something: read when somebody asks. */
export function defineGauge<const Rules extends LabelRules = {}>(description: Description<Rules>) {
  const readers = new Map<string, { labels: LabelsOf<Rules>; read: () => Reading | Promise<Reading> }>();
  const metric = new Gauge<string>({
    ...describe('gauge', description),
    collect: async (): Promise<void> => {
      await Promise.all(
        [...readers.values()].map(async ({ labels, read }) => {
          const value = await read();
          if (value === undefined) metric.remove(labels);
          else metric.set(labels, value);
        }),
      );
    },
  });
  const bounded = boundedBy(description.labels);
  return {
    /** What is read for these labels from now on. */
    read: (labels: LabelsOf<Rules>, read: () => Reading | Promise<Reading>) => {
      const known = bounded(labels);
      readers.set(JSON.stringify(known), { labels: known, read });
    },
  };
}

function describe(type: MetricDescription['type'], { name, help, labels = {} }: Description<LabelRules>) {
  defined.push({ name, type, help, labels });
  return { name, help, labelNames: Object.keys(labels), registers: [registry] };
}

/** A counter that is not there before its first event hides that event from `increase()`: few series begin at 0. */
const FEW = 20;

function fewCombinations(rules: LabelRules): Record<string, string>[] {
  let combinations: Record<string, string>[] = [{}];
  for (const [label, values] of Object.entries(rules)) {
    if (typeof values === 'string') return [];
    combinations = combinations.flatMap((labels) => values.map((value) => ({ ...labels, [label]: value })));
  }
  return combinations.length <= FEW ? combinations : [];
}

/** Keeps labels to the values that they can have. */
function boundedBy<Rules extends LabelRules>(rules: Rules | undefined) {
  const closed = Object.entries(rules ?? {}).flatMap(([label, values]) =>
    typeof values === 'string' ? [] : [[label, new Set(values)] as const],
  );
  return (labels: LabelsOf<Rules>): LabelsOf<Rules> => {
    let bounded = labels as Readonly<Record<string, string>>;
    for (const [label, values] of closed) {
      if (!values.has(bounded[label]!)) bounded = { ...bounded, [label]: 'other' };
    }
    return bounded as LabelsOf<Rules>;
  };
}
