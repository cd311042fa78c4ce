import { ANSWER, operationalMetrics } from '../../activities/evaluation/operational.ts';
import { openMetrics } from '../../activities/evaluation/metrics.ts';
import type { Compared, ScoredItem } from '../../activities/evaluation/report.ts';
import { scoreBoth, type BothAnswers } from '../../activities/evaluation/score-both.ts';
import { settingsOf } from '../../activities/gating/decide.ts';
import type { Evaluate } from '../../configs/evaluate.ts';
import { terminal } from '../../configs/failure.ts';
import type { Gate } from '../../configs/gate.ts';
import type { TestRow } from '../../data/row.ts';
import { slicer } from '../../evaluation/slices.ts';
import { GateTally, type GateDecision } from '../../metrics/gate/tally.ts';
import type { MetricItem } from '../../metrics/metric.ts';
import type { Question, Questions } from './questions.ts';
import type { Contender } from './targets.ts';

/** What came of a comparison. */
export interface Comparison {
  metrics: Record<string, Compared>;
  items: ScoredItem[];
  decision: GateDecision;
}

/**
 * Scores two contenders on the same questions and decides as a recipe's gate would, at a look with a number.
 * @throws TerminalError `NotMeasured` when the gate looks at what was not measured.
 */
export async function compareContenders(
  questions: Questions,
  sides: { candidate: Contender; champion: Contender },
  settings: { evaluate: Pick<Evaluate, 'metrics' | 'custom' | 'slices' | 'price'>; gate: Gate; look: number },
): Promise<Comparison> {
  const { evaluate, gate, look } = settings;
  const metrics = await openMetrics(evaluate);
  try {
    const rows = questions.list.map(({ test, row }) => test ?? (row as unknown as TestRow));
    const slicesOf = await slicer(evaluate.slices, rows);
    const said = [...sides.candidate.answers.values(), ...sides.champion.answers.values()];
    const all = [...metrics, ...operationalMetrics(evaluate, said)];
    const items: ScoredItem[] = [];
    const both = function* (): Generator<BothAnswers> {
      for (const [i, question] of questions.list.entries())
        yield {
          id: question.id,
          slices: slicesOf(rows[i] as TestRow),
          items: { candidate: itemOf(question, sides.candidate), champion: itemOf(question, sides.champion) },
        };
    };
    const found = await scoreBoth(both(), all, { scored: (item) => void items.push(item) });
    return { metrics: found, items, decision: decide(items, found, gate, look) };
  } finally {
    for (const metric of metrics) await metric.close?.();
  }
}

function decide(items: readonly ScoredItem[], facts: Record<string, Compared>, gate: Gate, look: number): GateDecision {
  // Attacks are made and judges are asked in a run only, and files seldom say how long an answer took.
  const isMeasured = ({ metric }: { metric: string }): boolean => Object.hasOwn(facts, metric);
  const [guards, floors] = [gate.guards.filter(isMeasured), gate.floors.filter(isMeasured)];
  const left = new Set([...gate.guards, ...gate.floors].filter((one) => !isMeasured(one)).map(({ metric }) => metric));
  try {
    const tally = new GateTally(settingsOf({ ...gate, guards, floors }), facts, look);
    for (const item of items) tally.add(item);
    const decision = tally.decide();
    const unseen = [...left].map((metric) => `The bound on ${metric} was left out: nothing here measures it.`);
    return { ...decision, reasons: [...decision.reasons, ...unseen] };
  } catch (error) {
    if (error instanceof RangeError) throw terminal('NotMeasured', error.message, {}, error);
    throw error;
  }
}

function itemOf({ id, references, row }: Question, { answers }: Contender): MetricItem {
  const { text = null, ...said } = answers.get(id) ?? {};
  return { prediction: text, references, row: { ...row, [ANSWER]: said } };
}
