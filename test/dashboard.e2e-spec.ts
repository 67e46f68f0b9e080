import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { describeMetrics } from '../src/common/metrics/define-metric.js';
import { startApp } from './support/app.js';
import { runSpec, specOf } from './support/factories.js';
import { parseMetrics, type Sample } from './support/metrics.js';
import { metricsOf } from './support/promql.js';

interface Panel {
  id: number;
  title: string;
  type: string;
  description?: string;
  datasource?: { uid: string };
  targets?: { expr: string; datasource: { uid: string } }[];
}

const dashboard = JSON.parse(readFileSync('ops/grafana/seer.json', 'utf8')) as {
  panels: Panel[];
  templating: { list: { name: string; type: string; definition?: string }[] };
};
const alerts = parse(readFileSync('ops/prometheus/alerts.yml', 'utf8')) as {
  groups: { rules: { alert: string; expr: string; annotations: Record<string, string> }[] }[];
};
const rules = alerts.groups.flatMap((group) => group.rules);
const panels = dashboard.panels.filter(({ type }) => type !== 'row');
const queries = [
  ...panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => [title, expr] as const)),
  ...rules.map(({ alert, expr }) => [alert, expr] as const),
];

/** Labels that every series gets where it is scraped. */
const fromScraping = ['job', 'instance'];

describe('dashboard and alerts', () => {
  let names: Set<string>;
  let samples: Sample[];

  beforeAll(async () => {
    const seer = await startApp();
    await runSpec(seer.admin, specOf([{ id: 'one', type: 'set', value: 1 }]));
    const { body } = await seer.admin.get<string>('/metrics');
    names = new Set([...body.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name!));
    samples = parseMetrics(body);
    await seer.close();
  });

  /** Labels of a metric, by what is exported or, before anything has happened, by what is defined. */
  function labelsOf(name: string): Set<string> {
    const base = name.replace(/_(bucket|sum|count)$/, '');
    const known = describeMetrics().find((metric) => metric.name === name || metric.name === base);
    const exported = samples.filter((sample) => sample.name === name).flatMap(({ labels }) => Object.keys(labels));
    const le = known?.type === 'histogram' && name.endsWith('_bucket') ? ['le'] : [];
    return new Set([...exported, ...Object.keys(known?.labels ?? {}), ...le, ...fromScraping]);
  }

  it.each(queries)('%s asks for what a process says: %s', (_title, query) => {
    const metrics = metricsOf(query);
    expect(metrics.length).toBeGreaterThan(0);
    for (const { name, labels } of metrics) {
      expect(names).toContain(name.replace(/_(bucket|sum|count)$/, (suffix) => (names.has(name) ? suffix : '')));
      expect([name, labels.filter((label) => !labelsOf(name).has(label))]).toEqual([name, []]);
    }
  });

  it('the dashboard is for any data source, and its panels are told apart', () => {
    const { list } = dashboard.templating;
    expect(list.map(({ name, type }) => `${name} ${type}`)).toEqual([
      'datasource datasource',
      'job query',
      'instance query',
    ]);
    for (const { targets = [], datasource } of panels) {
      for (const source of [datasource, ...targets.map((target) => target.datasource)]) {
        expect(source?.uid).toBe('${datasource}');
      }
    }
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
  });

  it('every metric of Seer is on the dashboard or in an alert', () => {
    const asked = new Set(queries.flatMap(([, query]) => metricsOf(query).map(({ name }) => name)));
    const forgotten = describeMetrics().filter(
      ({ name }) => !['', '_bucket', '_sum', '_count'].some((suffix) => asked.has(name + suffix)),
    );
    expect(forgotten.map(({ name }) => name)).toEqual([]);
  });

  it('every alert says what it means and what to do', () => {
    for (const { annotations } of rules) {
      expect(annotations).toEqual({ summary: expect.stringMatching(/\.$/), description: expect.stringMatching(/\.$/) });
    }
  });
});

describe('docs/metrics.md', () => {
  it('has every metric as it is', async () => {
    const seer = await startApp();
    await seer.close();
    const page = readFileSync('docs/metrics.md', 'utf8').replaceAll(/ +/g, ' ');
    const rows = describeMetrics().map(({ name, type, labels, help }) => {
      const told = Object.entries(labels).map(([label, values]) => `\`${label}\`${shortly(values)}`);
      return `| \`${name}\` | ${type} | ${told.join('; ')} | ${help} |`.replaceAll(/ +/g, ' ');
    });
    const missing = rows.filter((row) => !page.includes(row));
    expect(missing).toEqual([]);
    expect(page.match(/^\| `seer_/gm)).toHaveLength(rows.length);
  });
});

/** All values of a label, if they are few. */
function shortly(values: readonly string[] | string): string {
  if (typeof values === 'string') return `: ${values}`;
  return values.length <= 10 ? `: ${values.map((value) => `\`${value}\``).join(', ')}` : ': codes of problems';
}
