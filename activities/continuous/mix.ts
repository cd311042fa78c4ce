import { hash } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { digestOf } from '../../artifacts/canonical.ts';
import { refsOf } from '../../artifacts/ledger/executions.ts';
import { rootOf, type RowSource } from '../../artifacts/ledger/row-roots.ts';
import { droppedRows, lineState } from '../../artifacts/ledger/watermark.ts';
import { canonicalJson } from '../../configs/canonical-json.ts';
import { Digest } from '../../configs/refs.ts';
import { breathing, rowsIn, writeLines } from '../../data/lines.ts';
import { classOf } from '../../data/split.ts';
import type { Row, TestRow } from '../../data/row.ts';
import type { StepContext } from '../step/context.ts';
import { defineStep, type Step } from '../step/define.ts';
import type { Deps } from '../step/deps.ts';
import { joinSources } from './kept-rows.ts';
import { losses, type Loss } from './losses.ts';

export const MixParams = z.strictObject({
  line: z.string(),
  policy: z.enum(['uniform', 'perClass', 'perPeriod', 'mostForgotten']),
  /** Share of the training rows that are rows of earlier periods; null: all of them, for a training from the base model. */
  share: z.number().nullable(),
  maxRows: z.int(),
  /** Decides among rows that are alike. */
  seed: z.int(),
  /** Metric by which forgetting is measured. */
  metric: z.string(),
  /** Digest of the test rows whose prompts stay out. No input: a model does not come from what was kept from it. */
  suite: Digest,
});
export type MixParams = z.infer<typeof MixParams>;
type Context = StepContext<MixParams>;

/** A row that may be replayed: enough of it to choose by. */
interface Old {
  id: string;
  period: string;
  name: string;
  /** Where it falls in the draw, from the seed and its content alone. */
  draw: string;
}

/**
 * Mixes rows of earlier periods into the new ones: what the champion's ancestors were trained on, chosen by policy and
 * the same for the same seed. Rows that were withdrawn or edited since, and those whose prompt stands in the suite, stay out.
 *
 * Inputs: `fresh` (Dataset, prepared; absent where nothing new came). Found in the ledger, and inputs as well: `p1`, `p2`, … (Datasets of the periods that were accepted). Output: `train` (Dataset).
 */
export function createMix(deps: Deps): Step<MixParams> {
  return defineStep(deps, {
    name: 'mix',
    version: '1',
    params: MixParams,
    identity: async ({ params }) => {
      const dropped = [...(await droppedRows(deps.ledger, params.line))].toSorted();
      const lost = await lostBy({ deps, params });
      const periods = (await lineState(deps.ledger, params.line)).accepted;
      return {
        inputs: Object.fromEntries(periods.map(({ period, train }) => [period, { digest: train, type: 'Dataset' }])),
        parts: {
          ...(dropped.length > 0 ? { dropped: digestOf(dropped.join(' ')) } : {}),
          ...(lost.length > 0 ? { lost: digestOf(canonicalJson(lost)) } : {}),
        },
      };
    },
    run: async (context) => {
      const { params } = context;
      const fresh = context.inputs['fresh'] ? await idsIn(await context.pathOf('fresh')) : new Set<string>();
      const earlier = await earlierPeriods(context);
      const { rows: old, left } = await oldRows(context, fresh, earlier);
      const wanted = Math.min(
        params.maxRows,
        params.share === null ? old.length : Math.round((fresh.size * params.share) / (1 - params.share)),
      );
      const lost = new Map((await lostBy(context)).map(({ slice, loss }) => [slice, loss]));
      const chosen = choose(old, wanted, params.policy, lost);
      const file = writeLines(join(context.scratch, 'train.jsonl'));
      const files = openSources(deps);
      if (context.inputs['fresh']) {
        const numbered = await files.of(context.input('fresh').digest);
        for await (const row of breathing<Row>(await context.pathOf('fresh'))) file.write(numbered(row));
      }
      const replayed = new Set(chosen.map(({ id }) => id));
      const asked = new Set(chosen.map(({ period }) => period));
      const written = new Set<string>();
      for (const { period, path, digest } of earlier) {
        // Most of the periods of ten years give nothing to a small mixture.
        if (!asked.has(period)) continue;
        const numbered = await files.of(digest);
        for await (const row of breathing<Row>(path)) {
          if (!replayed.has(row.id) || written.has(row.id)) continue;
          written.add(row.id);
          file.write(numbered(row));
        }
      }
      file.close();
      return {
        outputs: {
          train: await context.save(
            'Dataset',
            { file: file.path },
            { rows: file.count, stage: 'mixed', use: 'sft', kind: 'sft', sources: files.all },
          ),
        },
        facts: { fresh: fresh.size, replayed: written.size, available: old.length, leftOut: left },
      };
    },
  });
}

/** What the champion has lost, where that decides which rows are replayed. */
const lostBy = async ({ deps: { ledger }, params }: Pick<Context, 'deps' | 'params'>): Promise<Loss[]> =>
  params.policy === 'mostForgotten' ? losses(ledger, params.line, params.metric) : [];

/** Files of several datasets under numbers of their own, so that every row of the mixture still names its file. */
function openSources({ ledger }: Pick<Deps, 'ledger'>): {
  readonly all: RowSource[];
  of(dataset: string): Promise<(row: Row) => Row>;
} {
  let all: RowSource[] = [];
  return {
    get all() {
      return all;
    },
    of: async (dataset) => {
      const { sources, numberOf } = joinSources(
        { sources: all },
        { sources: [...(await rootOf(ledger, dataset)).sources] },
      );
      all = sources;
      return (row) => ({ ...row, source: numberOf[row.source] ?? row.source });
    },
  };
}

/** Training rows of the earlier periods, as the key of the step was made of: oldest first. */
async function earlierPeriods({
  deps,
  executionId,
}: Context): Promise<{ period: string; digest: string; path: string }[]> {
  const inputs = await refsOf(deps.ledger, executionId, 'in');
  const names = Object.keys(inputs).filter((role) => /^p\d+$/.test(role));
  const sorted = names.toSorted((a, b) => Number(a.slice(1)) - Number(b.slice(1)));
  return Promise.all(
    sorted.map(async (period) => {
      const digest = inputs[period]?.digest ?? '';
      return { period, digest, path: await deps.store.path(digest) };
    }),
  );
}

async function idsIn(path: string): Promise<Set<string>> {
  const ids = new Set<string>();
  for await (const row of breathing<Row>(path)) ids.add(row.id);
  return ids;
}

/** Rows of earlier periods, each once; `left` counts those that may not be learned (again). */
async function oldRows(
  context: Context,
  fresh: ReadonlySet<string>,
  earlier: readonly { period: string; path: string }[],
): Promise<{ rows: Old[]; left: number }> {
  const { params, deps } = context;
  const dropped = await droppedRows(deps.ledger, params.line);
  const tested = new Set<string>();
  for (const row of rowsIn<TestRow>(await deps.store.path(params.suite))) tested.add(row.promptId);
  const seen = new Set<string>(fresh);
  const rows: Old[] = [];
  let left = 0;
  for (const { period, path } of earlier)
    for await (const row of breathing<Row>(path)) {
      if (seen.has(row.id)) continue;
      seen.add(row.id);
      if (dropped.has(row.id) || tested.has(row.promptId)) {
        left += 1;
        continue;
      }
      const draw = hash('sha256', `${params.seed} ${row.id}`, 'hex').slice(0, 16);
      rows.push({ id: row.id, period, name: classOf(row), draw });
    }
  return { rows, left };
}

/** Chooses so many rows, the same ones for the same draw. */
export function choose(
  rows: readonly Old[],
  wanted: number,
  policy: MixParams['policy'],
  lost: ReadonlyMap<string, number>,
): Old[] {
  const sorted = rows.toSorted((a, b) => (a.draw < b.draw ? -1 : a.draw > b.draw ? 1 : 0));
  if (wanted >= sorted.length) return sorted;
  if (policy === 'uniform') return sorted.slice(0, wanted);
  const groups = Map.groupBy(sorted, ({ name, period }) => (policy === 'perClass' ? name : period));
  const names = [...groups.keys()].toSorted();
  // Nothing lost anywhere: equal parts.
  const weights = names.map((name) => (policy === 'mostForgotten' ? Math.max(0, lost.get(name) ?? 0) : 1));
  const isFlat = weights.every((weight) => weight === 0);
  const parts = portions(
    names.map((name) => (groups.get(name) as Old[]).length),
    isFlat ? weights.map(() => 1) : weights.map((weight) => weight + 0.01),
    wanted,
  );
  return names.flatMap((name, i) => (groups.get(name) as Old[]).slice(0, parts[i]));
}

/** Divides a number among groups by weight; what a small group cannot give is given by the others. */
export function portions(sizes: readonly number[], weights: readonly number[], wanted: number): number[] {
  const parts = sizes.map(() => 0);
  let left = Math.min(
    wanted,
    sizes.reduce((sum, size) => sum + size, 0),
  );
  while (left > 0) {
    const open = sizes.flatMap((size, i) => ((parts[i] as number) < size ? [i] : []));
    const all = open.reduce((sum, i) => sum + (weights[i] as number), 0);
    const before = left;
    for (const i of open) {
      const share = Math.min(
        Math.floor((before * (weights[i] as number)) / all),
        (sizes[i] as number) - (parts[i] as number),
        left,
      );
      (parts[i] as number) += share;
      left -= share;
    }
    // Less than one for each: the heaviest first, then by order.
    if (left === before)
      for (const i of open.toSorted((a, b) => (weights[b] as number) - (weights[a] as number) || a - b)) {
        if (left === 0) break;
        (parts[i] as number) += 1;
        left -= 1;
      }
  }
  return parts;
}
