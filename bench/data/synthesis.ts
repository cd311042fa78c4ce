import { Synthesize } from '../../configs/synthesis.ts';
import type { Row } from '../../data/row.ts';
import { grammarAnswer } from '../../data/synthesis/strategies/grammar.ts';
import { readGrammar } from '../../data/synthesis/grammar.ts';
import { candidatesOf, planTask, readValue } from '../../data/synthesis/plan.ts';
import { countLabels } from '../../data/synthesis/report.ts';
import { runFilters } from '../../data/synthesis/run-filters.ts';
import type { Figure } from './support.ts';

const ROWS = 100_000;
const AIM = 50_000;
const RUNS = 5;

const numbers = (from: number, to: number): string => Array.from({ length: to - from }, (_, i) => from + i).join(', ');
const GRAMMAR = `
rows:
  - label: delivery
    weight: 2
    columns:
      message: '{greeting|capitalize}, I ordered {thing=product|a} {when} and the {thing} is still not here. {ask} My order is {number}-{tail}.'
      queue: delivery
  - label: billing
    columns:
      message: '{greeting|capitalize}. {ask} You charged me twice for the {product}, order {number}-{tail}, {when}.'
      queue: billing
rules:
  greeting: [hello, hi there, good morning, dear team, { text: hey, weight: 3 }]
  product: [kettle, lamp, oven, umbrella, rug, desk, chair, apron, teapot, mirror]
  when: [last week, on Monday, '{days} days ago', before the holidays]
  days: [${numbers(2, 30)}]
  ask: [Can you help?, 'What {do} now?', Please look into it., Who can tell me more?]
  do: [do I do, should I do, happens]
  number: [${numbers(1000, 1900)}]
  tail: [${numbers(10, 99)}]
`;

/**
 * Rows of a template grammar that have gone through exact dedupe against 1,000 real rows and each other, and a
 * check of their length, on one thread: rows let through a second, median of five runs.
 */
export async function measureSynthesis(): Promise<Figure[]> {
  const grammar = readGrammar(GRAMMAR, 'bench.yaml');
  const template = { prompt: '{{message}}', completion: '{{queue}}' };
  const recipe = Synthesize.parse({
    generators: { forms: { kind: 'grammar', file: 'bench.yaml' } },
    tasks: [{ strategy: 'grammar', generator: 'forms', count: ROWS }],
    filters: [
      { filter: 'dedupe', near: 'none' },
      { filter: 'match', language: false },
    ],
  });
  const bare = { rows: [] as Row[], labels: new Map<string, number>(), failures: new Map<string, number>(), template };
  const make = (seed: number, given: typeof bare & { grammar: typeof grammar }, most = Infinity) => {
    const order = { ...recipe, seed };
    let line = 1;
    return planTask(order, 0, given)
      .slice(0, most)
      .flatMap((ask) => {
        const read = readValue(order, ask, { value: grammarAnswer(grammar, ask) }, given, 'bench');
        if ('problem' in read) throw new Error(read.problem);
        const candidates = candidatesOf(ask, read.contents, 1, line);
        line += candidates.length;
        return candidates;
      });
  };
  const rows = make(999, { ...bare, grammar }, 1).map(({ row }) => row);
  const given = { ...bare, rows, labels: countLabels(rows), grammar };
  const world = { evalSets: [], countTokens: () => 1, maxTokens: 512, seed: 1, warn: () => undefined };
  const rates: number[] = [];
  let passed = 0;
  for (let run = 0; run < RUNS; run++) {
    const started = performance.now();
    const { accepted } = await runFilters(
      recipe.filters,
      make(run, given),
      { ...world, given: { ...given, seed: run } },
      () => Promise.reject(new Error('a grammar is asked nothing')),
    );
    rates.push((accepted.length / (performance.now() - started)) * 1000);
    passed = accepted.length;
  }
  const rate = rates.toSorted((a, b) => a - b)[Math.floor(RUNS / 2)] as number;
  return [
    {
      row: 'template synthesis, rows after filters',
      ours: `${Math.round(rate).toLocaleString('en')} rows/s`,
      beside: 'no tool',
      aim: `≥ ${AIM.toLocaleString('en')} rows/s`,
      met: rate >= AIM,
      notes: [
        `${ROWS.toLocaleString('en')} rows asked for, ${passed.toLocaleString('en')} let through by exact dedupe (against 1,000 real rows and each other) and length; one thread, median of ${RUNS} runs`,
      ],
    },
  ];
}
