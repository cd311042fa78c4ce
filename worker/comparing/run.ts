import { existsSync } from 'node:fs';
import type { RunReport } from '../../evaluation/report/model.ts';
import { runReport } from '../../evaluation/report/report.ts';
import { comparedParts } from '../../activities/reporting/compared.ts';
import { enterLook, numberOfLook } from '../../artifacts/ledger/looks.ts';
import { canonicalJson } from '../../configs/canonical-json.ts';
import { Evaluate } from '../../configs/evaluate.ts';
import { terminal } from '../../configs/failure.ts';
import { Gate, primariesOf } from '../../configs/gate.ts';
import type { Recipe } from '../../configs/recipe.ts';
import type { Reading } from '../datasets/open.ts';
import type { Home } from '../home.ts';
import type { ScoringRow } from '../scoring/rows.ts';
import { compareContenders, type Comparison } from './compare.ts';
import { questionsIn, questionsOf, type Questions } from './questions.ts';
import { fromEndpoint, fromModel, fromPredictions, isEndpoint, isPredictions, type Contender } from './targets.ts';

/** What is compared, and how. */
export interface CompareOrder {
  candidate: string;
  /** Absent: the candidate is looked at by itself. */
  champion?: string;
  /** File or dataset of test rows; needed for models. */
  test?: string;
  reading: Reading;
  /** Its evaluate and gate are used where nothing else is said. */
  recipe?: Recipe;
  metrics?: readonly string[];
  decides?: string;
  minGain?: number;
  confidence?: number;
  apiKey?: string;
  signal: AbortSignal;
}

export interface Compared extends Comparison {
  questions: Questions;
  sides: { candidate: Contender; champion: Contender };
  look: number;
  gate: Gate;
}

/**
 * Compares two models, endpoints or files of predictions on the same rows, outside of any pipeline. A look at a test
 * set is entered where there is a ledger; a model or an endpoint needs one.
 *
 * @throws TerminalError in words for everything a person can mend.
 */
export async function runComparison(order: CompareOrder, home: Home): Promise<Compared> {
  const targets = [order.candidate, ...(order.champion === undefined ? [] : [order.champion])];
  const areFiles = targets.every(isPredictions);
  const needsLedger = !areFiles || existsSync(home.ledger) || (order.test !== undefined && !existsSync(order.test));
  // Loaded only when needed: what talks to models takes a second to load.
  const deps = needsLedger ? await (await import('../main.ts')).localDeps(home) : undefined;
  try {
    const files = new Map<string, Awaited<ReturnType<typeof questionsIn>>>();
    for (const target of targets) if (isPredictions(target)) files.set(target, await questionsIn(target));
    const questions =
      order.test === undefined
        ? alone(targets, files)
        : await questionsOf(order.test, deps && { ledger: deps.ledger, store: deps.store }, order.reading);
    const { evaluate, gate } = settingsFor(order);
    const contender = async (target: string): Promise<Contender> => {
      const file = files.get(target);
      if (file) return fromPredictions(target, file.rows, questions);
      if (!deps) throw new Error('a model needs a state folder');
      const asking = {
        deps,
        decoding: evaluate.decoding,
        batchSize: evaluate.batchSize,
        google: order.recipe?.google,
        price: evaluate.price,
        signal: order.signal,
        ...(order.apiKey === undefined ? {} : { apiKey: order.apiKey }),
      };
      return isEndpoint(target) ? fromEndpoint(target, questions, asking) : fromModel(target, questions, asking);
    };
    const candidate = await contender(order.candidate);
    const champion = order.champion === undefined ? candidate : await contender(order.champion);
    const look = {
      test: questions.digest,
      rows: 'main' as const,
      metrics: primariesOf(gate).map(({ metric }) => metric),
      candidate: candidate.digest,
      champion: champion.digest,
    };
    const isOne = order.champion === undefined;
    const number = !deps
      ? 1
      : isOne
        ? await numberOfLook(deps.ledger, look)
        : await enterLook(deps.ledger, look, 'compare');
    const sides = { candidate, champion };
    const found = await compareContenders(questions, sides, { evaluate, gate, look: number });
    return { ...found, questions, sides, look: number, gate };
  } finally {
    await deps?.ledger.destroy();
  }
}

/** Files of predictions bring their own rows; the first one's count. */
function alone(
  targets: readonly string[],
  files: ReadonlyMap<string, { questions: Questions; rows: ScoringRow[] }>,
): Questions {
  const [first = ''] = targets;
  const found = files.get(first) ?? [...files.values()][0];
  if (!found || !targets.every((target) => files.has(target)))
    throw terminal(
      'NoTestSet',
      'a model or an endpoint can only answer a test set: give --test, a file or a dataset of rows',
    );
  if (found.questions.list.length === 0) throw terminal('EmptyTestSet', `${first} has no rows`);
  return found.questions;
}

/** What a recipe says, and what was said besides. */
function settingsFor(order: CompareOrder): { evaluate: Evaluate; gate: Gate } {
  const base = order.recipe?.evaluate ?? Evaluate.parse({});
  const metrics = order.metrics ?? base.metrics;
  const fromRecipe = order.recipe?.gate ?? Gate.parse({});
  const known = [...metrics, ...Object.keys(base.custom ?? {})];
  const decides = order.decides ?? (known.includes(fromRecipe.metric) ? fromRecipe.metric : (metrics[0] ?? ''));
  if (!known.includes(decides))
    throw terminal('NotMeasured', `${decides} is to decide, and is not measured: add --metric ${decides}`);
  const isOwn = order.decides !== undefined || order.metrics !== undefined;
  const { primaries, ...gate } = fromRecipe;
  return {
    evaluate: { ...base, metrics: [...metrics] },
    gate: {
      ...gate,
      metric: decides,
      ...(primaries && !isOwn ? { primaries } : {}),
      minGain: order.minGain ?? gate.minGain,
      confidence: order.confidence ?? gate.confidence,
      onInconclusive: 'stop',
    },
  };
}

/** The same page as a run has, of a comparison. */
export function comparisonPage({ sides, metrics, items, decision, questions, gate, look }: Compared): string {
  const { candidate, champion } = sides;
  const isOne = candidate === champion;
  const metric = primariesOf(gate)[0]?.metric ?? gate.metric;
  const verdict = {
    ...decision,
    metric,
    test: questions.digest,
    candidate: candidate.digest,
    champion: champion.digest,
    looks: look,
    judges: {},
    round: 0,
    stage: 'decide' as const,
    settings: gate,
  };
  const report = {
    test: questions.digest,
    candidate: candidate.digest,
    champion: champion.digest,
    decoding: Evaluate.parse({}).decoding,
    items: items.length,
    metrics,
  };
  const parts = comparedParts(report, isOne ? undefined : verdict);
  const byId = new Map(questions.list.map((question) => [question.id, question]));
  const model: RunReport = {
    head: {
      title: isOne ? candidate.name : `${candidate.name} against ${champion.name}`,
      verdict: isOne
        ? { outcome: 'none', reasons: [`${candidate.name} on ${items.length} rows; nothing was to be decided.`] }
        : { outcome: decision.verdict, reasons: decision.reasons },
      candidate: candidate.name,
      ...(isOne ? {} : { champion: champion.name, sides: { candidate: candidate.name, champion: champion.name } }),
    },
    ...(isOne
      ? { metrics: (parts.metrics ?? []).map(({ champion: _same, ...row }) => row) }
      : {
          ...parts,
          flips: {
            metric,
            items: decision.flips.map(({ id, gain, candidate: ours, champion: theirs }) => ({
              name: id,
              prompt: byId.get(id)?.prompt ?? '',
              reference: byId.get(id)?.references[0] ?? null,
              candidate: candidate.answers.get(id)?.text ?? null,
              champion: champion.answers.get(id)?.text ?? null,
              candidateScore: ours,
              championScore: theirs,
              gain,
            })),
            total: { better: decision.better, worse: decision.worse },
          },
        }),
  };
  return runReport(model);
}

/** What a program reads of a comparison. */
export function comparisonDocument({ sides, metrics, decision, questions, look }: Compared): Record<string, unknown> {
  const { candidate, champion } = sides;
  const isOne = candidate === champion;
  return {
    test: questions.digest,
    n: questions.list.length,
    candidate: { name: candidate.name, digest: candidate.digest },
    ...(isOne ? {} : { champion: { name: champion.name, digest: champion.digest } }),
    metrics: Object.fromEntries(
      Object.entries(metrics).map(([name, { candidate: ours, champion: theirs, gain, signature, better }]) => [
        name,
        isOne ? { ...ours, signature, better } : { candidate: ours, champion: theirs, gain, signature, better },
      ]),
    ),
    ...(isOne ? {} : { look, ...(JSON.parse(canonicalJson(decision)) as Record<string, unknown>) }),
  };
}
