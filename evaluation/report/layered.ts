/** A drawing of a graph: boxes in columns from left to right, edges as runs of points. */
export interface Layout {
  /** Centre of each box by id; columns are 0, 1, 2 …, `y` is in rows. */
  places: Map<string, { column: number; y: number }>;
  /** One an edge in the order given; empty where an end is unknown. A long one passes between the boxes of columns. */
  paths: { column: number; y: number }[][];
  columns: number;
  /** Height in rows. */
  rows: number;
}

interface Node {
  id: string;
  /** No box: an edge passes here. */
  isPassing: boolean;
  column: number;
  y: number;
  before: Node[];
  after: Node[];
}

const SWEEPS = 8;
/** Room an edge needs beside boxes, in rows. */
const PASSING = 0.45;

/**
 * Places nodes in layers so that edges go right: longest paths give the columns, sources stand beside what they
 * feed, medians of the neighbours give the order (Sugiyama, Tagawa, Toda 1981, IEEE Trans. SMC 11:109). Edges that
 * close a circle go back.
 */
export function layered(ids: readonly string[], edges: readonly { from: string; to: string }[]): Layout {
  const nodes = new Map<string, Node>(ids.map((id) => [id, newNode(id, false)]));
  const ends = edges.map(({ from, to }) => {
    const [a, b] = [nodes.get(from), nodes.get(to)];
    return a && b && a !== b ? ([a, b] as const) : undefined;
  });
  for (const pair of ends) if (pair) connect(...pair);
  setColumns([...nodes.values()]);
  for (const node of nodes.values()) node.before = node.after = [];
  const all = [...nodes.values()];
  const chains = ends.map((pair) => (pair ? chain(pair[0], pair[1], all) : []));
  const columns = order(all);
  spread(columns);
  const least = Math.min(0, ...all.map(({ y }) => y));
  const placeOf = ({ column, y }: Node) => ({ column, y: y - least });
  return {
    places: new Map([...nodes].map(([id, node]) => [id, placeOf(node)])),
    paths: chains.map((nodes) => nodes.map(placeOf)),
    columns: columns.length,
    rows: Math.max(0, ...all.map(({ y }) => y)) - least + 1,
  };
}

const newNode = (id: string, isPassing: boolean): Node => ({ id, isPassing, column: 0, y: 0, before: [], after: [] });

function connect(a: Node, b: Node): void {
  a.after = [...a.after, b];
  b.before = [...b.before, a];
}

/** Longest path from a source; edges back into what is being walked are not followed. */
function setColumns(nodes: readonly Node[]): void {
  const done = new Set<Node>();
  const walking = new Set<Node>();
  const walk = (node: Node): number => {
    if (done.has(node)) return node.column;
    walking.add(node);
    const before = node.before.filter((source) => !walking.has(source)).map((source) => walk(source) + 1);
    walking.delete(node);
    done.add(node);
    node.column = Math.max(0, ...before);
    return node.column;
  };
  for (const node of nodes) walk(node);
  for (const node of nodes) {
    const right = node.after.filter(({ column }) => column > node.column).map(({ column }) => column);
    if (node.before.length === 0 && right.length > 0) node.column = Math.min(...right) - 1;
  }
}

/** The edge as a run of nodes, one a column; one that goes back or stays is a run of two. */
function chain(a: Node, b: Node, all: Node[]): Node[] {
  if (b.column <= a.column) return [a, b];
  const run = [a];
  for (let column = a.column + 1; column < b.column; column += 1) {
    const node = { ...newNode('', true), column };
    all.push(node);
    connect(run.at(-1)!, node);
    run.push(node);
  }
  connect(run.at(-1)!, b);
  return [...run, b];
}

/** Columns, each in an order with few crossings. */
function order(all: readonly Node[]): Node[][] {
  const columns: Node[][] = Array.from({ length: Math.max(0, ...all.map(({ column }) => column)) + 1 }, () => []);
  for (const node of all) columns[node.column]!.push(node);
  for (const column of columns) setRows(column);
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    const isForward = sweep % 2 === 0;
    for (const column of isForward ? columns : columns.toReversed()) {
      const wish = new Map(column.map((node) => [node, meanOf(isForward ? node.before : node.after, node.y)]));
      column.sort((a, b) => wish.get(a)! - wish.get(b)!);
      setRows(column);
    }
  }
  return columns;
}

function setRows(column: readonly Node[]): void {
  let y = 0;
  column.forEach((node, at) => {
    if (at > 0) y += gap(column[at - 1]!, node);
    node.y = y;
  });
  for (const node of column) node.y -= y / 2;
}

/** Draws each node to the middle of its neighbours, as far as those beside it leave room. */
function spread(columns: readonly Node[][]): void {
  for (let sweep = 0; sweep < 2 * SWEEPS; sweep += 1) {
    for (const column of sweep % 2 === 0 ? columns : columns.toReversed()) {
      const wish = column.map((node) => meanOf([...node.before, ...node.after], node.y));
      const down = [...wish];
      for (let at = 1; at < column.length; at += 1)
        down[at] = Math.max(down[at]!, down[at - 1]! + gap(column[at - 1]!, column[at]!));
      const up = [...wish];
      for (let at = column.length - 2; at >= 0; at -= 1)
        up[at] = Math.min(up[at]!, up[at + 1]! - gap(column[at]!, column[at + 1]!));
      // Both keep the distances, and so does their mean.
      column.forEach((node, at) => (node.y = (down[at]! + up[at]!) / 2));
    }
  }
}

const gap = (a: Node, b: Node): number => (a.isPassing ? PASSING : 1) / 2 + (b.isPassing ? PASSING : 1) / 2;

const meanOf = (nodes: readonly Node[], other: number): number =>
  nodes.length === 0 ? other : nodes.reduce((sum, { y }) => sum + y, 0) / nodes.length;
