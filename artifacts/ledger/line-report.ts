import { evenly } from '../../configs/evenly.ts';
import type { Recipe } from '../../configs/recipe.ts';
import { versionAt } from './models.ts';
import type { Ledger } from './open.ts';
import type { MatrixRow, RunRow, SliceRow, WatermarkRow } from './schema.ts';

/** A model of a line as the ledger knows it. */
export interface LineModelRow {
  digest: string;
  /** `name@vN`; null: it has no version. */
  name: string | null;
  version: number | null;
  /** The period that it was tuned in; null: another run, or none. */
  generation: number | null;
  isBase: boolean;
}

/** What the ledger knows of a line. */
export interface LineRows {
  line: string;
  /** The metric that is shown; null: nothing was measured. */
  metric: string | null;
  metrics: string[];
  /** How many there are; what follows may be fewer of them. */
  totals: { slices: number; models: number };
  slices: Pick<SliceRow, 'slice' | 'generation' | 'digest' | 'n' | 'at'>[];
  /** Oldest first, the base model before all. */
  models: LineModelRow[];
  cells: Pick<MatrixRow, 'model' | 'slice' | 'n' | 'mean' | 'scores'>[];
  /** Means of every champion on the slices that are shown. */
  championMeans: { model: string; slice: string; mean: number }[];
  /** Mean of every champion over all slices of the line that it was measured on, each row counted once. */
  overall: { model: string; mean: number; slices: number }[];
  watermarks: WatermarkRow[];
  skips: Pick<RunRow, 'id' | 'reason' | 'started_at'>[];
  /** Digest of the model that is in use. */
  champion: string | null;
  /** Names of champions that are not among the models shown. */
  names: Record<string, string>;
}

export interface LineOptions {
  /** Default: the metric of the line's gate. */
  metric?: string | undefined;
  /** Most slices, and most models, whose cells are read; first, last and evenly between. Default: all. */
  most?: number | undefined;
}

/** Reads a line: its periods, its slices, and what each model scored on them. Undefined: there is no such line. */
export async function readLine(
  ledger: Ledger,
  line: string,
  { metric: asked, most = Infinity }: LineOptions = {},
): Promise<LineRows | undefined> {
  const newest = await newestRun(ledger, line);
  const watermarks = await ledger
    .selectFrom('watermarks')
    .selectAll()
    .where('line', '=', line)
    .orderBy('generation')
    .execute();
  const metrics = await metricsOf(ledger, line);
  if (!newest && watermarks.length === 0 && metrics.length === 0) return undefined;
  const metric = metrics.find((one) => one === (asked ?? newest?.recipe.gate.metric)) ?? (asked ? null : metrics[0]);
  const slices = await ledger
    .selectFrom('slices')
    .select(['slice', 'generation', 'digest', 'n', 'at'])
    .where('line', '=', line)
    .orderBy('generation')
    .execute();
  const models = metric == null ? [] : await modelsOf(ledger, { line, metric, watermarks, name: newest?.model });
  const shownSlices = evenly(slices, most);
  const champions = [...new Set(watermarks.flatMap(({ model }) => model ?? []))];
  const named = newest && (await versionAt(ledger, newest.model, newest.recipe.register.alias));
  const champion = named?.digest ?? champions.at(-1) ?? null;
  const shownModels = evenly(models, most, ({ digest }) => digest === champion);
  // Some are asked for by name; of all nothing has to be said.
  const among = {
    line,
    metric: metric ?? '',
    slices: shownSlices.length < slices.length ? shownSlices.map(({ slice }) => slice) : undefined,
  };
  const some = shownModels.length < models.length ? shownModels.map(({ digest }) => digest) : undefined;
  return {
    line,
    metric: metric ?? null,
    metrics,
    totals: { slices: slices.length, models: models.length },
    slices: shownSlices,
    models: shownModels,
    cells: await cellsOf(ledger, { ...among, models: some }),
    championMeans: await meansOf(ledger, among),
    overall: metric == null ? [] : await overallOf(ledger, line, metric),
    watermarks,
    skips: await ledger
      .selectFrom('runs')
      .select(['id', 'reason', 'started_at'])
      .where('pipeline', '=', line)
      .where('status', '=', 'skipped')
      .orderBy('started_at')
      .execute(),
    champion,
    names: Object.fromEntries(
      [...(await namesOf(ledger, champions, newest?.model))].map(([digest, { name }]) => [digest, name]),
    ),
  };
}

async function newestRun(ledger: Ledger, line: string): Promise<{ model: string; recipe: Recipe } | undefined> {
  const row = await ledger
    .selectFrom('runs')
    .select(['model', 'recipe_json'])
    .where('pipeline', '=', line)
    .orderBy('started_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row && { model: row.model, recipe: JSON.parse(row.recipe_json) as Recipe };
}

async function metricsOf(ledger: Ledger, line: string): Promise<string[]> {
  const rows = await ledger
    .selectFrom('matrix')
    .select('metric')
    .where('line', '=', line)
    .distinct()
    .orderBy('metric')
    .execute();
  return rows.map(({ metric }) => metric);
}

/** Every model that was measured, the base model first, then by the period that it was tuned in. */
async function modelsOf(
  ledger: Ledger,
  {
    line,
    metric,
    watermarks,
    name,
  }: { line: string; metric: string; watermarks: WatermarkRow[]; name?: string | undefined },
): Promise<LineModelRow[]> {
  const measured = await ledger
    .selectFrom('matrix')
    .select((eb) => ['model', eb.fn.min('run_id').as('run')])
    .where('line', '=', line)
    .where('metric', '=', metric)
    .groupBy('model')
    .execute();
  const digests = measured.map(({ model }) => model);
  const names = await namesOf(ledger, digests, name);
  const bases = await basesAmong(ledger, digests);
  const byRun = new Map(watermarks.map(({ run_id, generation }) => [run_id, generation]));
  const byModel = new Map(
    watermarks.toReversed().flatMap(({ model, generation }) => (model ? [[model, generation]] : [])),
  );
  return measured
    .map(({ model: digest, run }): LineModelRow => {
      const known = names.get(digest);
      // Another line's model may be the base of this one.
      const isBase = bases.has(digest) && !known?.name.startsWith(`${name}@`);
      const generation = isBase ? null : (byModel.get(digest) ?? byRun.get(known?.run ?? run) ?? null);
      return { digest, name: known?.name ?? null, version: known?.version ?? null, generation, isBase };
    })
    .toSorted(
      (a, b) =>
        Number(b.isBase) - Number(a.isBase) ||
        (a.generation ?? Infinity) - (b.generation ?? Infinity) ||
        (a.version ?? 0) - (b.version ?? 0),
    );
}

/** So many parameters a query may have, and some to spare. */
const ASKED_AT_ONCE = 10_000;

/** Versions of models, of the line's own name where there is one. */
async function namesOf(
  ledger: Ledger,
  digests: readonly string[],
  own?: string,
): Promise<Map<string, { name: string; version: number; run: string }>> {
  const names = new Map<string, { name: string; version: number; run: string }>();
  for (let from = 0; from < digests.length; from += ASKED_AT_ONCE) {
    const rows = await ledger
      .selectFrom('versions')
      .select(['name', 'version', 'digest', 'run_id'])
      .where('digest', 'in', digests.slice(from, from + ASKED_AT_ONCE))
      .execute();
    for (const { name, version, digest, run_id } of rows)
      if (name === own || !names.has(digest)) names.set(digest, { name: `${name}@v${version}`, version, run: run_id });
  }
  return names;
}

/** Of these models those that came from outside and were not tuned. */
async function basesAmong(ledger: Ledger, digests: readonly string[]): Promise<Set<string>> {
  if (digests.length === 0) return new Set();
  const rows = await ledger
    .selectFrom('edges')
    .select('digest')
    .distinct()
    .where('role', '=', 'base')
    .where('direction', '=', 'in')
    .where('digest', 'in', digests.slice(0, ASKED_AT_ONCE))
    .execute();
  return new Set(rows.map(({ digest }) => digest));
}

interface Among {
  line: string;
  metric: string;
  /** Undefined: all. */
  slices: string[] | undefined;
}

async function cellsOf(
  ledger: Ledger,
  { line, metric, slices, models }: Among & { models: string[] | undefined },
): Promise<LineRows['cells']> {
  return ledger
    .selectFrom('matrix')
    .select(['model', 'slice', 'n', 'mean', 'scores'])
    .where('line', '=', line)
    .where('metric', '=', metric)
    .$if(slices !== undefined, (query) => query.where('slice', 'in', slices as string[]))
    .$if(models !== undefined, (query) => query.where('model', 'in', models as string[]))
    .execute();
}

async function meansOf(ledger: Ledger, { line, metric, slices }: Among): Promise<LineRows['championMeans']> {
  return ledger
    .selectFrom('matrix')
    .select(['model', 'slice', 'mean'])
    .where('line', '=', line)
    .where('metric', '=', metric)
    .$if(slices !== undefined, (query) => query.where('slice', 'in', slices as string[]))
    .where('model', 'in', championsOf(ledger, line))
    .execute();
}

async function overallOf(ledger: Ledger, line: string, metric: string): Promise<LineRows['overall']> {
  const rows = await ledger
    .selectFrom('matrix')
    .innerJoin('slices', (join) =>
      join.onRef('slices.line', '=', 'matrix.line').onRef('slices.slice', '=', 'matrix.slice'),
    )
    .select((eb) => [
      'model',
      eb.fn.sum<number>(eb('matrix.mean', '*', eb.ref('matrix.n'))).as('total'),
      eb.fn.sum<number>('matrix.n').as('n'),
      eb.fn.countAll<number>().as('slices'),
    ])
    .where('matrix.line', '=', line)
    .where('matrix.metric', '=', metric)
    .where('model', 'in', championsOf(ledger, line))
    .groupBy('model')
    .execute();
  return rows.map(({ model, total, n, slices }) => ({ model, mean: n > 0 ? total / n : Number.NaN, slices }));
}

const championsOf = (ledger: Ledger, line: string) =>
  ledger
    .selectFrom('watermarks')
    .select('model')
    .where('line', '=', line)
    .where('model', 'is not', null)
    .$castTo<{ model: string }>();
