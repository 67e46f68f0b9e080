import { type WorkflowGraph } from './workflow-graph.js';

/** The same as a Mermaid flowchart (https://mermaid.js.org/syntax/flowchart.html). */
export function toMermaid({ nodes, edges }: WorkflowGraph): string {
  // Ids of its own: some names, such as `end`, are words of Mermaid.
  const idOf = new Map(nodes.map(({ id }, index) => [id, `n${index}`]));
  return [
    'flowchart TD',
    ...nodes.map(({ id, type, name }, index) => `  n${index}[${quote(`${name ?? id} (${type})`)}]`),
    ...edges.map(
      ({ source, target, label }) => `  ${idOf.get(source)} -->${label ? `|${quote(label)}|` : ''} ${idOf.get(target)}`,
    ),
    '',
  ].join('\n');
}

/** All but letters, digits and a few harmless signs become entity codes: nothing can end the label or be taken for HTML. */
function quote(text: string): string {
  const oneLine = text.replaceAll(/\s+/gu, ' ');
  return `"${oneLine.replaceAll(/[^\p{L}\p{N} _.,:()/-]/gu, (sign) => `#${sign.codePointAt(0)};`)}"`;
}
