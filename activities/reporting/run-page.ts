import { listExecutions, refsOf } from '../../artifacts/ledger/executions.ts';
import { traceLineage } from '../../artifacts/ledger/lineage.ts';
import { findRun } from '../../artifacts/ledger/runs.ts';
import type { ExecutionRow, RunRow } from '../../artifacts/ledger/schema.ts';
import { terminal } from '../../configs/failure.ts';
import { baseNameOf } from '../../configs/names.ts';
import type { Recipe } from '../../configs/recipe.ts';
import type { Refs } from '../../configs/refs.ts';
import type { PreparedStatistics } from '../../data/prepared.ts';
import { rowsIn } from '../../data/lines.ts';
import type { RunReport } from '../../evaluation/report/model.ts';
import { runReport } from '../../evaluation/report/report.ts';
import type { EvalReport } from '../evaluation/report.ts';
import type { GateVerdict } from '../gate.ts';
import type { Deps } from '../step/deps.ts';
import { comparedParts } from './compared.ts';
import { confusionOf, itemsOf } from './items.ts';
import { judgePart, safetyPart } from './judged.ts';

type Shelf = Pick<Deps, 'ledger' | 'store'>;

/** A step of a run with what it took and gave. */
export interface DoneStep {
  row: ExecutionRow;
  inputs: Refs;
  outputs: Refs;
}

/**
 * The report page of a run, as far as it has come: one HTML file, the same bytes while nothing changed.
 * @throws TerminalError `NoSuchRun`.
 */
export async function runPage(shelf: Shelf, runId: string): Promise<string> {
  const run = await findRun(shelf.ledger, runId);
  if (!run) throw terminal('NoSuchRun', `there is no run ${runId}: \`anneal runs\` lists them`);
  const steps = await stepsOf(shelf, runId);
  return runReport(await modelOf(shelf, run, steps));
}

async function stepsOf({ ledger }: Shelf, runId: string): Promise<DoneStep[]> {
  const rows = await listExecutions(ledger, runId);
  return Promise.all(
    rows.map(async (row) => {
      const [inputs, outputs] = await Promise.all([refsOf(ledger, row.id, 'in'), refsOf(ledger, row.id, 'out')]);
      return { row, inputs, outputs };
    }),
  );
}

async function modelOf(shelf: Shelf, run: RunRow, steps: readonly DoneStep[]): Promise<RunReport> {
  const recipe = JSON.parse(run.recipe_json) as Recipe;
  const read = async <T>(digest: string | undefined): Promise<T | undefined> =>
    digest === undefined ? undefined : (JSON.parse((await shelf.store.read(digest)).toString('utf8')) as T);
  const last = (step: string): DoneStep | undefined =>
    steps.findLast(({ row }) => row.step === step && row.status === 'completed');
  const gate = last('gate');
  const evaluate = last('evaluate');
  const verdict = await read<GateVerdict>(gate?.outputs['verdict']?.digest);
  const report = await read<EvalReport>(evaluate?.outputs['report']?.digest);
  const statistics = await read<PreparedStatistics>(last('prepare')?.outputs['statistics']?.digest);
  const compared = report && comparedParts(report, verdict);
  const items = evaluate && report ? await itemsOf(shelf, evaluate, report, verdict) : undefined;
  return {
    head: headOf(run, recipe, steps, verdict),
    ...compared,
    ...(compared?.differences && items
      ? { differences: { ...compared.differences, values: items.differences }, flips: items.flips }
      : {}),
    ...(items?.labels ? { confusion: confusionOf(items.labels) } : {}),
    ...(await judgePart(shelf, last('judge'), verdict)),
    ...(await safetyPart(shelf, last('probe'))),
    ...(await trainingOf(shelf, last('tune'))),
    ...(statistics ? { data: dataOf(statistics) } : {}),
    lineage: await graphOf(shelf, run.id),
    cost: { rows: costOf(steps) },
    repeat: repeatOf(run),
  };
}

function headOf(
  run: RunRow,
  recipe: Recipe,
  steps: readonly DoneStep[],
  verdict: GateVerdict | undefined,
): RunReport['head'] {
  const skipped = steps.find(({ row }) => row.status === 'skipped')?.row.reason;
  const error = run.error_json === null ? undefined : (JSON.parse(run.error_json) as { message: string }).message;
  const reasons = verdict?.reasons ?? [error ?? skipped ?? 'The run has not come to a decision.'];
  return {
    title: run.pipeline,
    verdict: { outcome: verdict?.verdict ?? 'none', reasons },
    run: run.id,
    pipeline: run.pipeline,
    started: whenever(run.started_at),
    ...(run.ended_at === null ? {} : { ended: whenever(run.ended_at) }),
    startedBy: run.started_by,
    ...(recipe.description === undefined ? {} : { recipe: recipe.description }),
    base: baseNameOf(recipe).split('/').slice(-2).join('/'),
    ...(verdict ? { candidate: verdict.candidate, champion: verdict.champion } : {}),
  };
}

async function trainingOf({ store }: Shelf, tune: DoneStep | undefined): Promise<Pick<RunReport, 'training'>> {
  const log = tune?.outputs['log'];
  if (!tune || !log) return {};
  type Point = { step: number; loss?: number; devLoss?: number };
  const points = [...rowsIn<Point>(await store.path(log.digest))];
  const curve = (key: 'loss' | 'devLoss'): { step: number; loss: number }[] =>
    points.flatMap((point) => (point[key] === undefined ? [] : [{ step: point.step, loss: point[key] }]));
  const heldOut = curve('devLoss');
  const { bestStep } = JSON.parse(tune.row.facts_json) as { bestStep?: number };
  return {
    training: {
      train: curve('loss'),
      ...(heldOut.length > 0 ? { heldOut } : {}),
      ...(bestStep === undefined ? {} : { chosenStep: bestStep }),
    },
  };
}

function dataOf({ train, test, policies, rows }: PreparedStatistics): RunReport['data'] {
  const removed = new Map<string, number>();
  for (const policy of policies)
    for (const [reason, count] of Object.entries(policy.reasons))
      removed.set(reason, (removed.get(reason) ?? 0) + count);
  return {
    rowsIn: train.in + test.in,
    rowsKept: rows.train.rows + rows.test.rows,
    removed: [...removed].map(([reason, count]) => ({ reason, rows: count })),
    train: train.kept,
    test: test.kept,
  };
}

async function graphOf({ ledger }: Shelf, run: string): Promise<RunReport['lineage']> {
  const { nodes, edges } = await traceLineage(ledger, { run }, 'up');
  return {
    nodes: nodes.map((node) =>
      node.kind === 'execution'
        ? { id: node.id, kind: node.kind, label: node.type, detail: node.run === run ? node.status : node.run }
        : { id: node.id, kind: node.kind, label: node.names[0] ?? node.type, digest: node.id, detail: node.type },
    ),
    edges,
  };
}

const costOf = (
  steps: readonly DoneStep[],
): { step: string; seconds: number; tokens?: number; usd?: number; note?: string }[] =>
  steps
    .filter(({ row }) => row.status === 'completed')
    .map(({ row }) => {
      const { tokens, usd } = JSON.parse(row.cost_json) as { tokens?: number; usd?: number };
      const seconds = row.ended_at === null ? 0 : (Date.parse(row.ended_at) - Date.parse(row.started_at)) / 1000;
      return {
        step: row.instance,
        seconds,
        ...(row.cached_from === null
          ? { ...(tokens === undefined ? {} : { tokens }), ...(usd === undefined ? {} : { usd }) }
          : { note: 'taken over from an earlier run' }),
      };
    });

const repeatOf = ({ id, model_ref }: RunRow): RunReport['repeat'] => ({
  commands: [
    { does: 'the run again, from its own recipe', command: `anneal rerun ${id}` },
    { does: 'everything that was recorded', command: `anneal show ${id} --json` },
    ...(model_ref === null
      ? []
      : [{ does: 'where the model comes from', command: `anneal lineage ${model_ref} --up` }]),
  ],
  versions: [{ name: 'Node.js', version: process.version }],
});

const whenever = (iso: string): string => `${iso.slice(0, 16).replace('T', ' ')} UTC`;
