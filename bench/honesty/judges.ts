import type { PairwiseJudge } from '../../configs/judges.ts';
import { pairwise } from '../../evaluation/judges/methods/pairwise.ts';
import type { AskJudge } from '../../evaluation/judges/methods/method.ts';
import { GateTally } from '../../metrics/gate/tally.ts';
import type { TestRow } from '../../data/row.ts';
import { ppiMean } from '../../metrics/inference/ppi.ts';
import { createRandom } from '../data/support.ts';
import { atMost, between, failsBeyond, shareOf, type Figure } from './figure.ts';
import { ALPHA, settingsOf } from './gates.ts';
import { normal } from './worlds.ts';

/** True win rate; how often the judge sees a win where there is one, and where there is none; labels; judged only. */
const SURVEYS = [
  [0.55, 0.9, 0.2, 50, 1000],
  [0.55, 0.9, 0.2, 100, 1000],
  [0.55, 0.8, 0.4, 100, 1000],
  [0.55, 0.9, 0.2, 200, 5000],
  [0.5, 0.9, 0.3, 100, 1000],
  [0.55, 0.5, 0.5, 100, 1000],
] as const;

/** Win rates out of few labels by people and many verdicts of a judge: how often the 95 % interval holds the truth. */
export function coverage(runs: number): Figure[] {
  return SURVEYS.map(([truth, hit, miss, labelled, others], i) => {
    const random = createRandom(400 + i);
    const verdictOn = (isWin: number): number => Number(random() < (isWin ? hit : miss));
    const value = shareOf(runs, () => {
      const wins = Float64Array.from({ length: labelled }, () => Number(random() < truth));
      const seen = wins.map(verdictOn);
      const unlabelled = Float64Array.from({ length: others }, () => verdictOn(Number(random() < truth)));
      const [low, high] = ppiMean(wins, seen, unlabelled).ci;
      return low <= truth && truth <= high;
    });
    const name = `PPI++, ${labelled} labels, ${others} judged, judge right on ${hit * 100} % of wins and ${100 - miss * 100} % of losses: interval holds the truth`;
    return between(name, value, runs, 0.93, 0.97);
  });
}

const SETTINGS: PairwiseJudge = {
  kind: 'pairwise',
  criteria: ['Better.'],
  // Nobody is called: the answers are simulated.
  generator: {
    kind: 'endpoint',
    baseUrl: 'http://127.0.0.1:1/v1',
    model: 'simulated',
    temperature: 0,
    topP: 1,
    maxTokens: 1,
    timeoutSeconds: 1,
    concurrency: 1,
  },
  repeats: 1,
  calibration: 'waived',
  expiresInDays: 1,
};
const ROW: TestRow = {
  id: 'simulated',
  promptId: 'simulated',
  source: 0,
  line: 1,
  messages: [{ role: 'user', content: 'A question.' }],
  reference: '',
};

/** Pairs that are judged. */
const PAIRS = 200;

/**
 * Two models that are equal, before a judge that favours the answer shown first: its log odds of naming it are those of
 * the better answer plus a half, or plus one. Asked in both orders, and in one.
 */
export function slotBias(runs: number): Figure[] {
  return [0, 0.5, 1].flatMap((bias, i) => {
    const promoted = (isSwapped: boolean): number => {
      const random = createRandom(600 + i);
      return shareOf(runs, () => isPromoted(bias, isSwapped, random));
    };
    const name = (order: string): string => `equal models, judge with a slot bias of ${bias}, ${order}: promoted`;
    const one = promoted(false);
    return [
      atMost(name('both orders'), promoted(true), runs, ALPHA),
      (bias === 0 ? atMost : failsBeyond)(name('candidate always first'), one, runs, ALPHA),
    ];
  });
}

function isPromoted(bias: number, isSwapped: boolean, random: () => number): boolean {
  const facts = { score: { range: [0, 1], better: 'higher', isBinary: false } } as const;
  const tally = new GateTally(settingsOf(), facts, 1);
  for (let i = 0; i < PAIRS; i += 1) {
    // How much better the candidate's answer is: on average not at all.
    const better = normal(random);
    const verdicts = [better, -better].map((lead) => (random() < 1 / (1 + Math.exp(-(lead + bias))) ? 'A' : 'B'));
    const first = Number(verdicts[0] === 'A');
    const score = isSwapped ? inBothOrders(verdicts) : first;
    tally.add({ id: String(i), candidate: { score }, champion: { score: 1 - score } });
  }
  return tally.decide().verdict === 'promote';
}

/** What the judging in pairs makes of the two verdicts. */
function inBothOrders(verdicts: readonly string[]): number {
  let asked = 0;
  const ask: AskJudge = ({ form }) => {
    const read = form.check.safeParse({ explanation: 'simulated', verdict: verdicts[asked] });
    asked += 1;
    return read.success ? { value: read.data } : { why: read.error.message };
  };
  const judgement = pairwise.judge(SETTINGS, { row: ROW, candidate: 'one answer', champion: 'another' }, ask);
  if (!judgement || !('value' in judgement.candidate)) throw new Error('a simulated pair was not judged');
  return judgement.candidate.value;
}
