import type { Evaluate } from '../../configs/evaluate.ts';
import type { OperationalName } from '../../configs/metric-names.ts';
import { mean } from '../../metrics/intervals.ts';
import type { Metric, Score } from '../../metrics/metric.ts';
import { SIDES, type Answers, type Side } from './answers.ts';

/** What the generator said of an answer; scores of a row find it under this name. */
export const ANSWER = '$answer';
export type Said = { promptTokens?: number; completionTokens?: number; seconds?: number };

/** Tokens, seconds and money of every answer, where they are known; what guards of the gate can name. */
export function operational(evaluate: Pick<Evaluate, 'price'>, answers: Record<Side, Answers>): Metric[] {
  return operationalMetrics(
    evaluate,
    SIDES.flatMap((side) => [...answers[side].of.keys()].map((id) => saidOf(answers[side], id))),
  );
}

/** The same out of what is known of all answers of both sides. */
export function operationalMetrics({ price }: Pick<Evaluate, 'price'>, said: readonly Said[]): Metric[] {
  const made: Metric[] = [];
  const add = (spec: OperationalName, signature: string, of: (said: Said) => number | undefined): void => {
    const values = said.map(of);
    if (values.some((value) => value !== undefined)) made.push(measured(spec, signature, values, of));
  };
  add('outputTokens', 'tokens of the answer', ({ completionTokens }) => completionTokens);
  add('latencySeconds', 'seconds within its batch', ({ seconds }) => seconds);
  if (price) {
    const { inputPerMillion, outputPerMillion } = price;
    add(
      'cost',
      `USD at ${inputPerMillion} and ${outputPerMillion} a million tokens`,
      ({ promptTokens, completionTokens }) =>
        promptTokens === undefined || completionTokens === undefined
          ? undefined
          : (promptTokens * inputPerMillion + completionTokens * outputPerMillion) / 1e6,
    );
  }
  return made;
}

/** What the generator said of one answer. */
export function saidOf({ of, seconds }: Answers, id: string): Said {
  const { promptTokens, completionTokens } = of.get(id) ?? {};
  const time = seconds.get(id);
  return {
    ...(promptTokens === undefined ? {} : { promptTokens }),
    ...(completionTokens === undefined ? {} : { completionTokens }),
    ...(time === undefined ? {} : { seconds: time }),
  };
}

/** They have no upper end: the largest that either model took stands for it. */
function measured(
  spec: OperationalName,
  signature: string,
  known: readonly (number | undefined)[],
  of: (said: Said) => number | undefined,
): Metric {
  const range = [0, known.reduce<number>((most, value) => Math.max(most, value ?? 0), 0)] as const;
  return {
    spec,
    range,
    better: 'lower',
    isBinary: false,
    score: ({ row = {} }): Score => {
      const value = of(row[ANSWER] ?? {});
      return value === undefined ? { value: null, why: 'the generator did not say' } : { value };
    },
    summary: (_items, scores) => {
      const { value, ci, n } = mean(
        scores.map((score) => score.value ?? range[1]),
        [...range],
      );
      return { value, ci, n, unmeasured: scores.filter((score) => score.value === null).length, signature };
    },
  };
}
