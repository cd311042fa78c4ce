import { html, table } from '../../../data/report/html.ts';
import { graphChart } from '../charts/graph-chart.ts';
import type { LineageGraph } from '../model.ts';
import { count } from '../numbers.ts';
import { aside, digestOf, folded } from '../part.ts';
import type { Part } from '../part.ts';

const DRAWN = 60;
const DRAWN_EDGES = 200;

/** What came from what, as a drawing and as a list. */
export function lineagePart(graph: LineageGraph): Part {
  const near = nearest(graph);
  const left = graph.nodes.length - near.nodes.length;
  const labels = new Map(near.nodes.map(({ id, label }) => [id, label]));
  const sources = (id: string) =>
    near.edges
      .filter(({ to }) => to === id)
      .map(({ from, role }) => (role === undefined ? labels.get(from) : `${labels.get(from)} (${role})`))
      .join(', ');
  return {
    id: 'lineage',
    title: 'Lineage',
    content: html`
      <p class="soft">
        Data flow from left to right. Artifacts are rounded, steps are square; what this report is about has a thick
        frame.
      </p>
      ${
        near.nodes.length > 0
          ? html`<div class="scroll" tabindex="0" role="region" aria-label="Lineage">
              ${graphChart(near, `Lineage of ${count(near.nodes.length)} artifacts and steps; the list below says the same`)}
            </div>`
          : html`<p class="none">Nothing is known.</p>`
      }
      ${aside(left > 0 && `${count(left)} more artifacts and steps, further away, are not shown.`)}
      ${
        near.nodes.length > 0 &&
        folded(
          'The same as a list',
          table(
            ['Name', 'Kind', 'Digest', 'Made from'],
            near.nodes.map(({ id, label, kind, detail, digest }) => [
              html`${label} ${detail !== undefined && html`<span class="soft">${detail}</span>`}`,
              kind === 'artifact' ? 'artifact' : 'step',
              digest === undefined ? '–' : digestOf(digest),
              sources(id) || '–',
            ]),
            { label: 'Lineage as a list', rowHeads: true },
          ),
        )
      }
    `,
  };
}

/** The graph with short ids: long ones that were cut would be one. What leads to no node is left out. */
export function numbered({ nodes, edges }: LineageGraph): LineageGraph {
  const ids = new Map<string, string>();
  for (const { id } of nodes) if (!ids.has(id)) ids.set(id, String(ids.size));
  return {
    nodes: nodes.map((node) => ({ ...node, id: ids.get(node.id)! })),
    edges: edges.flatMap((edge) => {
      const [from, to] = [ids.get(edge.from), ids.get(edge.to)];
      return from !== undefined && to !== undefined ? [{ ...edge, from, to }] : [];
    }),
  };
}

/** The nodes nearest to the roots, and the edges among them. */
function nearest({ nodes, edges }: LineageGraph): LineageGraph {
  const beside = new Map<string, string[]>();
  for (const { from, to } of edges)
    for (const [one, other] of [
      [from, to],
      [to, from],
    ] as const) {
      const list = beside.get(one);
      if (list) list.push(other);
      else beside.set(one, [other]);
    }
  const known = new Set(nodes.map(({ id }) => id));
  const roots = nodes.filter(({ isRoot }) => isRoot === true).map(({ id }) => id);
  const queue = new Set(roots);
  // A set is walked in the order of its growth; what hangs on no root comes last.
  for (const id of queue) {
    if (queue.size >= DRAWN) break;
    for (const other of beside.get(id) ?? []) if (known.has(other)) queue.add(other);
  }
  for (const { id } of nodes) queue.add(id);
  const kept = new Set([...queue].slice(0, DRAWN));
  const ids = new Set<string>();
  return {
    // An id that comes twice is one node.
    nodes: nodes.filter(({ id }) => kept.has(id) && !ids.has(id) && ids.add(id)),
    edges: edges.filter(({ from, to }) => kept.has(from) && kept.has(to)).slice(0, DRAWN_EDGES),
  };
}
