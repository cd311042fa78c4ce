import { cut } from '../../../data/look/cut.ts';
import { html } from '../../../data/report/html.ts';
import type { Html } from '../../../data/report/html.ts';
import { layered } from '../layered.ts';
import type { LineageGraph } from '../model.ts';
import { shortDigest } from '../part.ts';

/** In the units of the drawing, which are CSS pixels. */
const BOX = { width: 128, height: 46 };
const STEP = { x: 158, y: 64 };
const EDGE = 6;
const LABEL_CHARACTERS = 18;
/** The drawing shrinks with the screen so far, then it is moved. */
const LEAST_SCALE = 0.76;

/** What came from what, left to right: artifacts are rounded, executions square, the root has a thick frame. */
export function graphChart({ nodes, edges }: LineageGraph, alt: string): Html {
  const { places, paths, columns, rows } = layered(
    nodes.map(({ id }) => id),
    edges,
  );
  const width = (columns - 1) * STEP.x + BOX.width + 2 * EDGE;
  const height = (rows - 1) * STEP.y + BOX.height + 2 * EDGE;
  const at = ({ column, y }: { column: number; y: number }) => ({
    x: EDGE + column * STEP.x,
    y: EDGE + BOX.height / 2 + y * STEP.y,
  });
  const boxes = nodes.map((node) => {
    const { x, y } = at(places.get(node.id)!);
    const below = node.digest === undefined ? node.detail : shortDigest(node.digest);
    const kind = `${node.kind}${node.isRoot === true ? ' root' : ''}`;
    return html`<g class="${kind}">
      <title>${[node.label, node.detail, node.digest].filter(Boolean).join('\n')}</title>
      <rect
        x="${x}"
        y="${round(y - BOX.height / 2)}"
        width="${BOX.width}"
        height="${BOX.height}"
        rx="${node.kind === 'artifact' ? 12 : 2}"
      />
      <text x="${x + BOX.width / 2}" y="${round(y + (below === undefined ? 4 : -4))}"
        >${cut(node.label, LABEL_CHARACTERS)}</text
      >
      ${below !== undefined && html`<text class="below" x="${x + BOX.width / 2}" y="${round(y + 13)}">${cut(below, LABEL_CHARACTERS)}</text>`}
    </g>`;
  });
  const arrows = paths.map(
    (path) => path.length > 1 && html`<path d="${curve(path.map(at))}" marker-end="url(#arrow)" />`,
  );
  return html`<svg
    class="graph"
    role="img"
    aria-label="${alt}"
    style="max-width:${round(width)}px;min-width:${round(width * LEAST_SCALE)}px"
    viewBox="0 0 ${round(width)} ${round(height)}"
  >
    <defs>
      <marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
        <path d="M0 0.5 8 4 0 7.5Z" />
      </marker>
    </defs>
    <g class="edges">${arrows}</g>
    ${boxes}
  </svg>`;
}

/** From the right side of the first box to the left side of the last, level in each column it passes. */
function curve(points: readonly { x: number; y: number }[]): string {
  const [start, ...rest] = points;
  let d = `M${start!.x + BOX.width} ${round(start!.y)}`;
  let from = { x: start!.x + BOX.width, y: start!.y };
  rest.forEach((to, at) => {
    const half = (STEP.x - BOX.width) / 2;
    d += `C${from.x + half} ${round(from.y)} ${to.x - half} ${round(to.y)} ${to.x} ${round(to.y)}`;
    const isLast = at === rest.length - 1;
    if (!isLast) d += `H${to.x + BOX.width}`;
    from = { x: to.x + BOX.width, y: to.y };
  });
  return d;
}

const round = (value: number): number => Math.round(value * 10) / 10;
