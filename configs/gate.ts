import { z } from 'zod';

/** What decides whether a candidate takes the champion's place. docs/gate.md has the rules. */

const MetricRef = z.string().min(1).max(300);

const Slice = z
  .string()
  .min(1)
  .optional()
  .describe('Only the rows of this slice, e.g. queue=billing; one of evaluate.slices. Default: all rows.');

const minGain = z
  .number()
  .min(0)
  .max(100)
  .describe(
    'How much better than the champion the candidate has to be, in units of the metric, default 0. Too high: good models are kept back. Too low: a gain nobody notices replaces a proven model.',
  );

const Guard = z.strictObject({
  metric: MetricRef.describe('A metric, a judge, outputTokens, latencySeconds or cost.'),
  margin: z
    .number()
    .min(0)
    .optional()
    .describe(
      'How much worse than the champion is still accepted, in units of the metric. Too high: harm passes. Too low: cannot be proved with these rows.',
    ),
  marginShare: z
    .number()
    .min(0)
    .max(10)
    .optional()
    .describe("The same as a share of the champion's mean: 0.1 accepts 10 % more tokens."),
  slice: Slice,
});

const Floor = z.strictObject({
  metric: MetricRef.describe('A metric, a judge, attackSuccess, overRefusal or biasGap.'),
  atLeast: z.number().optional().describe('The candidate has to be proved at or above this.'),
  atMost: z.number().optional().describe('The candidate has to be proved at or below this.'),
  slice: Slice,
});

const Looks = z
  .strictObject({
    spend: z
      .enum(['harmonic', 'planned', 'none'])
      .default('harmonic')
      .describe(
        'How the risk of a lucky promotion is shared among the gates on one test set. harmonic: the k-th gets 6/(π²k²) of it, so that all together stay within it. planned: equal parts for `planned` gates, then no more. none: each takes the whole, and the more gates, the likelier a lucky one.',
      ),
    planned: z
      .int()
      .min(1)
      .max(10_000)
      .optional()
      .describe(
        'How many gates this test set is meant for. Needed for planned. Too high: each can prove little. Too low: the set is used up early.',
      ),
  })
  .describe('Every gate on a test set uses some of it up.')
  .prefault({});

const Gather = z
  .strictObject({
    what: z
      .enum(['items', 'labels', 'votes'])
      .default('items')
      .describe(
        'What is gathered, default items. items: rows of gate.reserve are asked. labels: people compare answers with `anneal rate`, and the run waits for them at no cost. votes: every judge judges the same answers once more.',
      ),
    rounds: z
      .int()
      .min(1)
      .max(20)
      .default(3)
      .describe(
        'How often more is gathered at most, each time only while neither side is proved, default 3; gate.reserve is divided into as many parts. Each takes its part of the risk. Too high: each can prove little. Too low: gives up early, or asks more than was needed.',
      ),
    labels: z
      .int()
      .min(2)
      .max(10_000)
      .default(50)
      .describe(
        'Pairs of answers that people compare in a round, for labels, default 50. Too high: days of work. Too low: proves nothing.',
      ),
    deadlineHours: z
      .number()
      .positive()
      .max(8760)
      .default(72)
      .describe(
        'Hours that a round waits for people, for labels, default 72; then the verdict stays as it is. Too high: the candidate waits for people who do not come. Too low: they come too late.',
      ),
  })
  .describe('How an inconclusive gate gets more evidence, where onInconclusive is gather.')
  .prefault({});

export const Gate = z
  .strictObject({
    metric: MetricRef.default('exactMatch').describe(
      'The metric that decides: one of evaluate.metrics, evaluate.custom or evaluate.judges.',
    ),
    minGain: minGain.default(0),
    primaries: z
      .array(z.strictObject({ metric: MetricRef.describe('As gate.metric.'), minGain: minGain.default(0) }))
      .min(1)
      .optional()
      .describe(
        'Several metrics that decide, in place of metric and minGain: one of them has to be proved better (by Holm), and none proved worse. Default: metric alone.',
      ),
    confidence: z
      .number()
      .min(0.5)
      .lt(1)
      .default(0.95)
      .describe(
        'One-sided confidence of the decision, default 0.95: candidates that are no better are promoted in at most 5 of 100 cases. Too high: needs more test rows. Too low: luck is promoted.',
      ),
    guards: z
      .array(Guard)
      .default([])
      .describe('What must not get worse by more than a margin; all have to be proved. Default: none.'),
    floors: z
      .array(Floor)
      .default([])
      .describe('Bounds that the candidate has to keep by itself, whatever the champion does. Default: none.'),
    maxUnmeasured: z
      .number()
      .min(0)
      .max(1)
      .default(0.05)
      .describe(
        'Largest share of items that could not be measured, default 0.05; above it nothing is promoted. They count against the candidate all the same. Too high: a broken judge decides. Too low: one odd row blocks.',
      ),
    looks: Looks,
    reserve: z
      .number()
      .min(0)
      .max(0.9)
      .default(0)
      .describe(
        'Share of the test rows that no model has answered until gather or confirm need them, default 0. Too high: the first look has few rows. Too low: nothing fresh is left.',
      ),
    confirm: z
      .boolean()
      .default(false)
      .describe('Ask reserved rows to confirm a promotion before it counts, default false. Needs gate.reserve.'),
    onInconclusive: z
      .enum(['stop', 'gather'])
      .default('stop')
      .describe(
        'What happens when neither side is proved. stop: the champion stays. gather: the run gets more evidence.',
      ),
    gather: Gather,
  })
  .prefault({});
export type Gate = z.infer<typeof Gate>;

/** What decides, in one form. */
export const primariesOf = ({ metric, minGain, primaries }: Gate): { metric: string; minGain: number }[] =>
  primaries ?? [{ metric, minGain }];

/** Every metric that a gate names, with the field that names it. */
export function metricsOfGate(gate: Gate): { metric: string; path: string[] }[] {
  const primaries = gate.primaries
    ? gate.primaries.map(({ metric }, i) => ({ metric, path: ['gate', 'primaries', String(i), 'metric'] }))
    : [{ metric: gate.metric, path: ['gate', 'metric'] }];
  return [
    ...primaries,
    ...gate.guards.map(({ metric }, i) => ({ metric, path: ['gate', 'guards', String(i), 'metric'] })),
    ...gate.floors.map(({ metric }, i) => ({ metric, path: ['gate', 'floors', String(i), 'metric'] })),
  ];
}
