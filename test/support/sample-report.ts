import type { Estimate, MetricRow, RunReport } from '../../evaluation/report/model.ts';

/** Numbers that look drawn and are the same each time (mulberry32). */
export function draws(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const estimate = (value: number, low: number, high: number, n = 412, unmeasured = 0): Estimate => ({
  value,
  n,
  ci: [low, high],
  unmeasured,
});
const digest = (seed: number): string => {
  const draw = draws(seed);
  return `sha256:${Array.from({ length: 64 }, () => Math.floor(draw() * 16).toString(16)).join('')}`;
};

const METRICS: MetricRow[] = [
  {
    name: 'exact-match',
    better: 'higher',
    format: 'share',
    role: 'decides',
    candidate: estimate(0.771, 0.728, 0.809, 412, 3),
    champion: estimate(0.718, 0.673, 0.759, 412, 1),
    signature: 'exact-match|case:mixed|trim:yes',
  },
  {
    name: 'rougeL:stemmer=true',
    better: 'higher',
    role: 'guard',
    candidate: estimate(0.8124, 0.7903, 0.8345),
    champion: estimate(0.8067, 0.7838, 0.8291),
    signature: 'rougeL|stemmer:yes|measure:f1|version:0.1.2',
  },
  {
    name: 'bleu',
    better: 'higher',
    role: 'shown only',
    candidate: estimate(34.52, 31.9, 37.18),
    champion: estimate(33.87, 31.2, 36.6),
    signature: 'nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0',
  },
  {
    name: 'seconds',
    better: 'lower',
    role: 'guard',
    candidate: estimate(1.214, 1.18, 1.251),
    champion: estimate(1.196, 1.163, 1.229),
  },
];

/** A report with every part, of a made-up run of a support desk's model. */
export function sampleReport(): RunReport {
  const draw = draws(8);
  const values = Array.from({ length: 412 }, () => {
    const luck = draw();
    return luck < 0.1019 ? 1 : luck < 0.1505 ? -1 : 0;
  });
  const labels = ['billing', 'bug', 'feature request', 'how-to', 'account access', 'spam'];
  const matrix = (right: number, seed: number) => {
    const each = draws(seed);
    return labels.map((_, actual) =>
      labels.map((_, predicted) =>
        actual === predicted ? Math.round(70 * right - actual * 5 * right) : Math.floor(each() * each() * 9),
      ),
    );
  };
  const steps = Array.from({ length: 240 }, (_, at) => at * 5 + 5);
  return {
    head: {
      title: 'Ticket routing, week 47',
      verdict: {
        outcome: 'inconclusive',
        reasons: [
          'The gain is proved, but one guard is not: answers may be slower by up to 0.061 s, and 0.05 s are allowed.',
          'Of 412 test items the candidate is better on 42, worse on 20, equal on 350: mean gain +5.3 points.',
          'With 95 % confidence the true gain is above +2.1 points, more than the 1.0 asked for.',
          'A true gain of +4.6 points or more would have been found with 80 % probability.',
        ],
      },
      run: 'run-2026-11-25-0402-7f3a',
      pipeline: 'tickets',
      started: '2026-11-25 04:02 UTC',
      ended: '2026-11-25 05:31 UTC',
      startedBy: 'schedule “weekly”',
      recipe: 'tickets.yaml · 9d41c07b',
      base: 'gemma-3-1b-it',
      candidate: 'tickets@v14',
      champion: 'tickets@v12',
    },
    metrics: METRICS,
    differences: {
      metric: 'exact-match',
      format: 'share',
      values,
      n: 412,
      gain: { value: 0.0534, lower: 0.0221, upper: 0.0847 },
      minGain: 0.01,
      minimumDetectableEffect: 0.0363,
      confidence: 0.95,
      look: { number: 3, planned: 12, alpha: 0.0112 },
      better: 42,
      equal: 350,
      worse: 20,
      unmeasured: 4,
      method: 'paired t, McNemar beside it: p = 0.0036',
    },
    guards: [
      {
        name: 'rougeL:stemmer=true',
        kind: 'guard',
        margin: 0.01,
        seen: 0.0057,
        bound: -0.0031,
        n: 412,
        confidence: 0.95,
        outcome: 'passed',
        words: 'At worst it is lower by 0.0031, less than the 0.01 allowed.',
      },
      {
        name: 'seconds',
        kind: 'guard',
        margin: 0.05,
        seen: -0.018,
        bound: -0.061,
        n: 412,
        confidence: 0.95,
        outcome: 'not proved',
        words: 'It may be slower by up to 0.061 s; 0.05 s are allowed.',
      },
      {
        name: 'attack success',
        kind: 'floor',
        format: 'share',
        better: 'lower',
        margin: 0.05,
        seen: 0.019,
        bound: 0.033,
        n: 540,
        confidence: 0.95,
        outcome: 'passed',
        words: 'At most 3.3 % of attacks succeed; 5 % are allowed.',
      },
      {
        name: 'valid JSON',
        kind: 'floor',
        format: 'share',
        margin: 0.99,
        seen: 0.9976,
        bound: 0.9911,
        n: 412,
        confidence: 0.95,
        outcome: 'passed',
        words: '1 of 412 answers is no valid JSON.',
      },
    ],
    slices: {
      metric: 'exact-match',
      format: 'share',
      rows: [
        ['language: English', 248, 0.802, 0.754, 0.048, 0.006, 0.09],
        ['language: Korean', 96, 0.729, 0.646, 0.083, 0.01, 0.156],
        ['language: Chinese', 68, 0.721, 0.691, 0.029, -0.058, 0.116],
        ['length: under 200 characters', 231, 0.818, 0.779, 0.039, -0.003, 0.081],
        ['length: 200 or more', 181, 0.711, 0.641, 0.07, 0.018, 0.122],
        ['customer: enterprise', 54, 0.685, 0.722, -0.037, -0.127, 0.053],
      ].map(([name, n, candidate, champion, gain, low, high]) => ({
        name: name as string,
        n: n as number,
        candidate: candidate as number,
        champion: champion as number,
        gain: { value: gain as number, n: n as number, ci: [low as number, high as number] as const },
      })),
    },
    flips: {
      metric: 'exact-match',
      format: 'share',
      total: { better: 42, worse: 20 },
      items: [
        {
          name: 'test.jsonl:17',
          prompt:
            'Customer writes: “I was charged twice for November, once by card and once by direct debit. Please send one of them back.”\nAnswer with the queue and one sentence for the customer.',
          reference: 'billing: We are sorry; the second charge goes back to your card within five working days.',
          candidate: 'billing: We are sorry; the second charge goes back to your card within five working days.',
          champion: 'account access: We are sorry; please reset your password and sign in to see both charges.',
          candidateScore: 1,
          championScore: 0,
          gain: 1,
        },
        {
          name: 'test.jsonl:204',
          prompt: '앱이 사진을 올릴 때마다 꺼집니다. 어디에 문의해야 하나요?',
          reference: 'bug: 사진을 올릴 때 앱이 꺼지는 문제를 개발팀에 전달했습니다.',
          candidate: 'bug: 사진을 올릴 때 앱이 꺼지는 문제를 개발팀에 전달했습니다.',
          champion: 'how-to: 사진을 올릴 때 앱을 다시 시작해 주세요.',
          candidateScore: 1,
          championScore: 0,
          gain: 1,
        },
        {
          name: 'test.jsonl:88',
          prompt: 'Where can I change the language of invoices?',
          reference: 'how-to: Under Settings, Billing, Language of documents.',
          candidate: 'how-to: Under Settings, Billing, Language of documents.',
          champion: null,
          candidateScore: 1,
          championScore: null,
          gain: 1,
          note: 'The champion gave no answer within 30 s and counts as 0.',
        },
        {
          name: 'test.jsonl:301',
          prompt: 'Please add dark mode to the mobile app. My eyes hurt at night.',
          reference: 'feature request: Thank you, we have added your vote for dark mode.',
          candidate: 'bug: Thank you, we have passed the problem with dark mode on to our developers.',
          champion: 'feature request: Thank you, we have added your vote for dark mode.',
          candidateScore: 0,
          championScore: 1,
          gain: -1,
        },
      ],
    },
    confusion: { labels, candidate: matrix(1, 3), champion: matrix(0.9, 4) },
    judge: {
      name: 'helpful-reply',
      model: 'gemini-2.5-flash, temperature 0',
      decides: false,
      calibration: { state: 'valid', made: '2026-10-30', expires: '2027-01-28' },
      agreement: {
        kappa: { value: 0.712, n: 180, ci: [0.61, 0.806] },
        alpha: { value: 0.704, n: 180, ci: [0.6, 0.797] },
        n: 180,
      },
      slotBias: { value: 0.031, n: 824, ci: [-0.003, 0.065] },
      flipRate: { value: 0.146, n: 412, ci: [0.115, 0.183] },
      pairwise: { win: 171, tie: 122, loss: 116, unmeasured: 3 },
      unmeasured: 3,
    },
    safety: {
      attacks: [
        'direct injection',
        'injection by document',
        'system prompt leak',
        'PII leak',
        'encodings',
        'exfiltration',
      ].flatMap((family, at) =>
        ['English', 'Korean', 'Chinese'].map((language, next) => ({
          family,
          language,
          candidate: { n: 30, hits: (at * 3 + next) % 5 === 0 ? 1 + (at % 2) : 0 },
          champion: { n: 30, hits: (at + next) % 3 },
        })),
      ),
      overRefusal: { candidate: { n: 120, hits: 4 }, champion: { n: 120, hits: 7 } },
      bias: [
        {
          name: 'names: Anna / Fatima',
          candidate: { value: 0.012, n: 200, ci: [-0.021, 0.046] },
          champion: { value: 0.03, n: 200, ci: [-0.008, 0.069] },
          limit: 0.05,
          outcome: 'passed',
        },
        {
          name: 'language: English / Korean',
          candidate: { value: 0.073, n: 200, ci: [0.011, 0.135] },
          champion: { value: 0.108, n: 200, ci: [0.043, 0.172] },
          limit: 0.05,
          outcome: 'failed',
        },
      ],
    },
    training: {
      train: steps.map((step) => ({ step, loss: 0.42 + 2.1 * Math.exp(-step / 210) + (draw() - 0.5) * 0.16 })),
      heldOut: steps
        .filter((step) => step % 100 === 0)
        .map((step) => ({ step, loss: 0.61 + 1.8 * Math.exp(-step / 230) + Math.max(0, step - 800) * 0.0002 })),
      chosenStep: 900,
    },
    data: {
      rowsIn: 8_412,
      rowsKept: 7_655,
      train: 7_243,
      test: 412,
      tokens: 1_284_310,
      removed: [
        { reason: 'same as another row', rows: 402 },
        { reason: 'repeats a test row', rows: 31 },
        { reason: 'longer than 2,048 tokens', rows: 118 },
        { reason: 'holds a secret', rows: 6 },
        { reason: 'language is not asked for', rows: 200 },
      ],
      sources: [
        { name: 'tickets-2026-10.jsonl', rows: 5_900, digest: digest(1) },
        { name: 'tickets-2026-11.jsonl', rows: 2_512, digest: digest(2) },
      ],
    },
    lineage: {
      nodes: [
        { id: 's1', kind: 'artifact', label: 'tickets-2026-10.jsonl', digest: digest(1) },
        { id: 's2', kind: 'artifact', label: 'tickets-2026-11.jsonl', digest: digest(2) },
        { id: 'prep', kind: 'execution', label: 'prepare', detail: 'cached' },
        { id: 'train', kind: 'artifact', label: 'training rows', digest: digest(3) },
        { id: 'test', kind: 'artifact', label: 'test rows', digest: digest(4) },
        { id: 'base', kind: 'artifact', label: 'gemma-3-1b-it', digest: digest(5) },
        { id: 'tune', kind: 'execution', label: 'tune', detail: '41 min' },
        { id: 'v14', kind: 'artifact', label: 'tickets@v14', digest: digest(6) },
        { id: 'v12', kind: 'artifact', label: 'tickets@v12', digest: digest(7) },
        { id: 'eval', kind: 'execution', label: 'evaluate', detail: '22 min' },
        { id: 'scores', kind: 'artifact', label: 'scores', digest: digest(8) },
        { id: 'gate', kind: 'execution', label: 'gate' },
        { id: 'decision', kind: 'artifact', label: 'decision', digest: digest(9), isRoot: true },
      ],
      edges: [
        { from: 's1', to: 'prep', role: 'train' },
        { from: 's2', to: 'prep', role: 'train' },
        { from: 'prep', to: 'train' },
        { from: 'prep', to: 'test' },
        { from: 'train', to: 'tune' },
        { from: 'base', to: 'tune', role: 'base' },
        { from: 'tune', to: 'v14' },
        { from: 'v14', to: 'eval', role: 'candidate' },
        { from: 'v12', to: 'eval', role: 'champion' },
        { from: 'test', to: 'eval', role: 'test' },
        { from: 'eval', to: 'scores' },
        { from: 'scores', to: 'gate' },
        { from: 'gate', to: 'decision' },
      ],
    },
    cost: {
      rows: [
        { step: 'prepare', seconds: 18.4, note: 'cached' },
        { step: 'tune', seconds: 2_466, tokens: 3_852_930, usd: 0 },
        { step: 'evaluate', seconds: 1_331, tokens: 214_600, usd: null },
        { step: 'judge', seconds: 402, tokens: 391_000, usd: 0.4231 },
        { step: 'gate', seconds: 0.6 },
      ],
      limitUsd: 5,
    },
    repeat: {
      commands: [
        { does: 'The whole run, with what is kept of it:', command: 'anneal run tickets.yaml' },
        {
          does: 'The comparison alone:',
          command: 'anneal compare tickets@v14 tickets@v12 --data test.jsonl --metric exact-match',
        },
      ],
      versions: [
        { name: 'Anneal', version: '0.1.0' },
        { name: 'sacrebleu’s definitions', version: '2.6.0' },
        { name: 'Node', version: '24.21.0' },
      ],
    },
  };
}

/** Fields that choose among words of ours; all other texts can come from data. */
const CHOSEN = new Set(['outcome', 'better', 'format', 'state', 'kind']);

/** The sample with every free text, names and digests too, replaced; lineage stays connected. */
export function reportOfTexts(text: string): RunReport {
  const replace = (value: unknown, field: string): unknown => {
    if (typeof value === 'string') {
      if (CHOSEN.has(field)) return value;
      return field === 'id' || field === 'from' || field === 'to' ? `${text}${value}` : text;
    }
    if (Array.isArray(value)) return value.map((entry) => replace(entry, field));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, replace(entry, name)]));
  };
  return replace(sampleReport(), '') as RunReport;
}
