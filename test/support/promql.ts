import { type SyntaxNode, type Tree } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';

/** What a query reads. */
export interface QueriedMetric {
  readonly name: string;
  /** Those that it matches, and those that the aggregation around it groups by. */
  readonly labels: readonly string[];
}

/** @throws Error when it is no PromQL */
export function metricsOf(query: string): QueriedMetric[] {
  // What Grafana fills in itself.
  const text = query.replaceAll('$__rate_interval', '5m');
  const tree: Tree = parser.parse(text);
  const found: QueriedMetric[] = [];
  tree.iterate({
    enter({ type, from, to, node }) {
      if (type.isError) throw new Error(`This is no PromQL at ${from}: ${query}`);
      if (type.name !== 'VectorSelector') return;
      const name = node.getChild('Identifier');
      if (!name) throw new Error(`A selector without a name: ${text.slice(from, to)}`);
      const labels = [...labelsIn(node, text), ...groupsAround(node, text)];
      found.push({ name: text.slice(name.from, name.to), labels: [...new Set(labels)] });
    },
  });
  return found;
}

function labelsIn(node: SyntaxNode, text: string): string[] {
  const labels: string[] = [];
  node.cursor().iterate(({ name, from, to }) => {
    if (name === 'LabelName') labels.push(text.slice(from, to));
  });
  return labels;
}

function groupsAround(node: SyntaxNode, text: string): string[] {
  const labels: string[] = [];
  for (let around = node.parent; around; around = around.parent) {
    const modifier = around.name === 'AggregateExpr' ? around.getChild('AggregateModifier') : null;
    if (!modifier) continue;
    labels.push(...labelsIn(modifier, text));
    // What is further out knows only these.
    break;
  }
  return labels;
}
