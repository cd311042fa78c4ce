import { plain } from '../../configs/plain.ts';
import type { Lineage, LineageNode } from '../ledger/lineage.ts';

/**
 * Lineage as an indented tree for a terminal, from its root upward or downward. What was shown already is named
 * again without what is behind it; executions that only took outputs over from the cache are left out (`--json`
 * has them).
 */
export function toTree({ root, nodes, edges }: Lineage, way: 'up' | 'down'): string {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const next = new Map<string, { id: string; role: string }[]>();
  for (const { from, to, role } of edges) {
    if (isTakeover(byId.get(from), root) || isTakeover(byId.get(to), root)) continue;
    const [here, there] = way === 'up' ? [to, from] : [from, to];
    next.set(here, [...(next.get(here) ?? []), { id: there, role }]);
  }
  const lines: string[] = [];
  const shown = new Set<string>();
  const walk = (id: string, role: string, depth: number): void => {
    const node = byId.get(id);
    if (!node) return;
    const behind = next.get(id) ?? [];
    const again = shown.has(id) && behind.length > 0;
    if (again && node.kind === 'execution') return;
    lines.push(`${'  '.repeat(depth)}${role === '' ? '' : `${role}: `}${label(node)}${again ? ' (see above)' : ''}`);
    if (again) return;
    shown.add(id);
    for (const found of behind) walk(found.id, node.kind === 'execution' ? found.role : '', depth + 1);
  };
  const starts = byId.has(root)
    ? [root]
    : nodes.filter((node) => node.kind === 'execution' && node.run === root).map(({ id }) => id);
  for (const start of starts) walk(start, '', 0);
  return lines.join('\n');
}

const isTakeover = (node: LineageNode | undefined, root: string): boolean =>
  node?.kind === 'execution' && node.cached && node.run !== root;

/** Where a model lies or is shown at a vendor, and the job that made it. */
function elsewhere({ meta, copies = [] }: Extract<LineageNode, { kind: 'artifact' }>): string[] {
  const { remote, job, adopted } = meta as { remote?: Record<string, unknown>; job?: unknown; adopted?: unknown };
  const lies = [remote?.['registered'], remote?.['model']].filter((name) => typeof name === 'string');
  const names = new Set([...lies, ...copies.map(({ name }) => name)].map(shortName));
  const by = typeof job === 'string' ? [`job ${shortName(job)}${adopted === true ? ' (adopted)' : ''}`] : [];
  const provider = typeof remote?.['provider'] === 'string' ? `${remote['provider']} ` : '';
  return [...[...names].map((name) => `${provider}${name}`), ...by];
}

/** A resource name without its project and location. */
const shortName = (name: string): string => /[^/]+\/[^/]+$/.exec(name)?.[0] ?? name;

/** One node in a few words. */
export function label(node: LineageNode): string {
  if (node.kind === 'execution') {
    return `[${node.type}${node.cached ? ', cached' : node.status === 'completed' ? '' : `, ${node.status}`}] ${node.run}`;
  }
  const { meta } = node;
  const from = typeof meta['from'] === 'string' ? meta['from'] : undefined;
  const facts = [
    ...node.names,
    ...(from === undefined ? [] : [from]),
    ...elsewhere(node),
    ...(typeof meta['rows'] === 'number' ? [`${meta['rows']} rows`] : []),
  ];
  return plain(`${node.type} ${node.id.slice(0, 19)}${facts.length > 0 ? ` ${facts.join(', ')}` : ''}`);
}
