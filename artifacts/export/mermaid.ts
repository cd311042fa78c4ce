import type { Lineage } from '../ledger/lineage.ts';
import { label } from './tree.ts';

/** Lineage as a Mermaid flowchart: artifacts are rounded, executions square; arrows go the way data flow. */
export function toMermaid({ root, nodes, edges }: Lineage): string {
  const ids = new Map(nodes.map(({ id }, i) => [id, `n${i}`]));
  const lines = nodes.map((node) => {
    const [open, close] = node.kind === 'artifact' ? ['("', '")'] : ['["', '"]'];
    return `  ${ids.get(node.id)}${open}${quote(label(node))}${close}`;
  });
  const arrows = edges.flatMap(({ from, to, role }) => {
    const [start, end] = [ids.get(from), ids.get(to)];
    return start && end ? [`  ${start} -->|${quote(role)}| ${end}`] : [];
  });
  const marked = ids.get(root);
  const mark = marked === undefined ? [] : [`  style ${marked} stroke-width:3px`];
  return ['flowchart LR', ...lines, ...arrows, ...mark].join('\n');
}

/** Names and paths come from people: nothing in them may end the quotes or start markup. */
const quote = (text: string): string =>
  text.replace(/[^\p{L}\p{N} .,:@/_()-]/gu, (found) => `#${found.codePointAt(0)};`);
