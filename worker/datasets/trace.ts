import type { ArtifactRow } from '../../artifacts/ledger/schema.ts';
import { findArtifact } from '../../artifacts/ledger/artifacts.ts';
import { datasetNamesOf } from '../../artifacts/ledger/datasets.ts';
import type { Root } from '../../artifacts/ledger/row-roots.ts';
import { traceLineage, type Lineage } from '../../artifacts/ledger/lineage.ts';
import { terminal } from '../../configs/failure.ts';
import type { Removed } from '../../data/engine.ts';
import type { BadRow } from '../../data/intake.ts';
import { rowsIn } from '../../data/lines.ts';
import type { Origin, Row } from '../../data/row.ts';
import { findDataset, type Shelf } from './open.ts';
import { createRowPlaces, type RowPlaces } from './row-places.ts';

/** Where a row came from, what was done with it, and where it went. */
export interface RowTrace {
  /** Id of the row in the dataset that was asked about; null when it was never read. */
  id: string | null;
  /** The source it came from; null for a synthetic row. */
  source: { from: string; digest: string | null; line: number } | null;
  /** How a synthetic row was made. */
  origin: Origin | null;
  /** Rows it was made from. */
  parents: RowTrace[];
  /** Ids of synthetic rows made from it. */
  children: { id: string; dataset: string }[];
  /** What each preparation did with it. */
  steps: {
    run: string;
    step: string;
    stepVersion: string;
    result: string;
    policy: string | null;
    reason: string | null;
  }[];
  /** Datasets that hold it. */
  datasets: { digest: string; names: string[]; stage: string; id: string; side: string | null }[];
  /** Models that were tuned on a dataset that holds it. */
  models: { digest: string; names: string[] }[];
}

interface Found {
  row: Row;
  dataset: string;
}

/**
 * Follows a row both ways: up to file and line, or to the rows a synthetic one was made from; down to every dataset
 * and model it reached.
 *
 * @param row Id (or the beginning of one), a line number, or `source:line` with sources from 0.
 * @throws TerminalError `NoSuchData`, `NoSuchRow`.
 */
export async function traceRow(what: string, row: string, shelf: Shelf): Promise<RowTrace> {
  const digest = await findDataset(shelf, what);
  if (digest === undefined)
    throw terminal(
      'NoSuchData',
      `there is no dataset, model or run "${what}": \`anneal data list\` shows the datasets`,
    );
  return traceIn(shelf, digest, row, 0);
}

/** Generations of parents that are followed. */
const MAX_DEPTH = 8;

async function traceIn(shelf: Shelf, digest: string, wanted: string, depth: number): Promise<RowTrace> {
  const graph = await traceLineage(shelf.ledger, { digest }, 'both');
  const above = await traceLineage(shelf.ledger, { digest }, 'up');
  const near = datasetsIn(above, digest);
  const found = (await find(shelf, [digest], wanted)) ?? (await find(shelf, near, wanted));
  if (!found) {
    const aside = await findAside(shelf, graph, wanted);
    if (aside) return aside;
    throw terminal(
      'NoSuchRow',
      `no row "${wanted}" in ${digest.slice(0, 19)} or the datasets it was made from: give an id (or the beginning of one), a line, or source:line; \`anneal data sample\` shows some`,
    );
  }
  const { row } = found;
  const places = createRowPlaces(shelf);
  const key = (await places.keysOf(found.dataset))(row);
  const first = await beforeMixing(shelf, places, near, { ...found, key });
  if (first) return traceIn(shelf, first.dataset, `${first.row.source}:${first.row.line}`, depth);
  const root = await places.rootOf(found.dataset);
  // From the rows as they were taken in everything that a preparation made of them can be seen.
  const down = await traceLineage(shelf.ledger, { digest: root.digest }, 'down');
  const digests = [...new Set([...near, root.digest, ...datasetsIn(down, digest)])];
  const holders = await holdersOf(shelf, places, digests, key);
  return {
    id: row.id,
    source: row.origin ? null : sourceOf(root, row),
    origin: row.origin ?? null,
    parents: depth < MAX_DEPTH ? await parentsOf(shelf, digest, row.origin, depth) : [],
    children: await childrenOf(
      shelf,
      down,
      holders.map(({ id }) => id),
    ),
    steps: await stepsOf(shelf, places, down, { row, key, holders }),
    datasets: holders,
    models: await modelsOf(
      shelf,
      holders.filter(({ stage, side }) => stage !== 'ingested' && side !== 'test'),
    ),
  };
}

/** A row of a mixture of periods, in the dataset that it came in with; undefined where there was no mixing. */
async function beforeMixing(
  { ledger, store }: Shelf,
  places: RowPlaces,
  datasets: readonly string[],
  { row, dataset, key }: Found & { key: string },
): Promise<Found | undefined> {
  const stageOf = async (digest: string): Promise<unknown> => metaOf(await findArtifact(ledger, digest))['stage'];
  if (row.origin || (await stageOf(dataset)) !== 'mixed') return undefined;
  for (const digest of datasets) {
    // Where all rows that came in were new, what arrived is what was taken in.
    if (!['arrived', 'ingested'].includes(String(await stageOf(digest)))) continue;
    const keyOf = await places.keysOf(digest);
    for (const candidate of rowsIn<Row>(await store.path(digest)))
      if (keyOf(candidate) === key) return { row: candidate, dataset: digest };
  }
  return undefined;
}

const metaOf = (row: ArtifactRow | undefined): Record<string, unknown> =>
  JSON.parse(row?.meta_json ?? '{}') as Record<string, unknown>;

/** Datasets of a part of the lineage, the one asked about first. */
function datasetsIn({ nodes }: Lineage, first: string): string[] {
  const digests = nodes.flatMap((node) => (node.kind === 'artifact' && node.type === 'Dataset' ? [node.id] : []));
  return [...new Set([first, ...digests])];
}

function matches(row: Row, wanted: string): boolean {
  if (/^\d+$/.test(wanted) && row.line === Number(wanted)) return true;
  if (`${row.source}:${row.line}` === wanted) return true;
  return wanted.length >= 4 && row.id.startsWith(wanted);
}

async function find({ store }: Shelf, digests: readonly string[], wanted: string): Promise<Found | undefined> {
  for (const dataset of digests) {
    for (const row of rowsIn<Row>(await store.path(dataset))) if (matches(row, wanted)) return { row, dataset };
  }
  return undefined;
}

async function holdersOf(
  shelf: Shelf,
  places: RowPlaces,
  digests: readonly string[],
  key: string,
): Promise<RowTrace['datasets']> {
  const holders: RowTrace['datasets'] = [];
  for (const digest of digests) {
    const keyOf = await places.keysOf(digest);
    for (const candidate of rowsIn<Row>(await shelf.store.path(digest))) {
      if (keyOf(candidate) !== key) continue;
      const names = (await datasetNamesOf(shelf.ledger, digest)).map(({ name, version }) => `${name}@v${version}`);
      const stage = String(metaOf(await findArtifact(shelf.ledger, digest))['stage'] ?? 'added');
      holders.push({ digest, names, stage, id: candidate.id, side: candidate.side ?? null });
      break;
    }
  }
  return holders;
}

function sourceOf({ sources }: Root, { source, line }: Row): RowTrace['source'] {
  const found = sources[source];
  return { from: found?.from ?? 'unknown', digest: found?.digest ?? null, line };
}

/** What each preparation of these rows did with this one. */
async function stepsOf(
  shelf: Shelf,
  places: RowPlaces,
  { nodes, edges }: Lineage,
  { row, key, holders }: { row: Row; key: string; holders: RowTrace['datasets'] },
): Promise<RowTrace['steps']> {
  const steps: RowTrace['steps'] = [];
  for (const node of nodes) {
    if (node.kind !== 'execution' || node.type !== 'prepare' || node.cached) continue;
    const execution = await shelf.ledger
      .selectFrom('executions')
      .select('step_version')
      .where('id', '=', node.id)
      .executeTakeFirst();
    const about = { run: node.run, step: node.type, stepVersion: execution?.step_version ?? '' };
    const outputs = edges.filter(({ from }) => from === node.id);
    const held = holders.find(({ digest }) => outputs.some(({ to }) => to === digest));
    if (held) {
      const result = held.side === 'test' ? 'kept for testing' : held.id === row.id ? 'kept' : 'kept, changed';
      steps.push({ ...about, result, policy: null, reason: null });
      continue;
    }
    const quarantine = outputs.find(({ role }) => role === 'quarantine');
    if (!quarantine) continue;
    const inputs = edges.filter(({ to }) => to === node.id);
    const input = (side: string): string => inputs.find(({ role }) => role === side)?.from ?? '';
    const keys = {
      train: await places.keysOf(input('train')),
      test: await places.keysOf(input('test') || input('train')),
    };
    for (const removed of rowsIn<Removed>(await shelf.store.path(quarantine.to))) {
      // A test row that the split took out of the training rows has its place among those.
      if (keys[removed.side]({ ...removed, id: '' }) !== key) continue;
      steps.push({ ...about, result: 'left out', policy: removed.policy, reason: removed.reason });
      break;
    }
  }
  return steps;
}

async function modelsOf(shelf: Shelf, holders: RowTrace['datasets']): Promise<RowTrace['models']> {
  const models = new Map<string, RowTrace['models'][number]>();
  for (const { digest } of holders) {
    const { nodes, edges } = await traceLineage(shelf.ledger, { digest }, 'down');
    // The base that a tuning began with is in the graph, too, and learned nothing.
    const made = new Set(edges.map(({ to }) => to));
    for (const node of nodes) {
      if (node.kind === 'artifact' && node.type === 'Model' && made.has(node.id))
        models.set(node.id, { digest: node.id, names: node.names });
    }
  }
  return [...models.values()];
}

async function parentsOf(shelf: Shelf, digest: string, origin: Origin | undefined, depth: number): Promise<RowTrace[]> {
  const parents: RowTrace[] = [];
  for (const parent of origin?.parents ?? []) parents.push(await traceIn(shelf, digest, parent, depth + 1));
  return parents;
}

async function childrenOf(shelf: Shelf, down: Lineage, ids: readonly string[]): Promise<RowTrace['children']> {
  const children = new Map<string, RowTrace['children'][number]>();
  for (const node of down.nodes) {
    if (node.kind !== 'artifact' || node.type !== 'Dataset') continue;
    for (const row of rowsIn<Row>(await shelf.store.path(node.id))) {
      if (row.origin?.parents.some((parent) => ids.includes(parent)))
        children.set(row.id, { id: row.id, dataset: node.id });
    }
  }
  return [...children.values()];
}

/** A row that could never be read, put aside by ingest. */
async function findAside(shelf: Shelf, { nodes }: Lineage, wanted: string): Promise<RowTrace | undefined> {
  for (const node of nodes) {
    if (node.kind !== 'artifact' || node.type !== 'Quarantine') continue;
    for (const bad of rowsIn<(BadRow | Removed) & { file?: string; policy?: string }>(
      await shelf.store.path(node.id),
    )) {
      if (String(bad.line) !== wanted && `${bad.source}:${bad.line}` !== wanted) continue;
      const { file = 'unknown', line, reason, policy = null } = bad;
      return {
        id: null,
        source: { from: file, digest: null, line },
        origin: null,
        parents: [],
        children: [],
        steps: [
          {
            run: '',
            step: policy === null ? 'ingest' : 'prepare',
            stepVersion: '',
            result: 'left out',
            policy,
            reason,
          },
        ],
        datasets: [],
        models: [],
      };
    }
  }
  return undefined;
}
