import { stringify } from 'yaml';
import { plain } from '../configs/plain.ts';
import type { PreparedStatistics } from '../data/prepared.ts';
import type { SynthesisReport } from '../data/synthesis/report.ts';
import type { EvalReport } from './evaluation/report.ts';
import type { GateVerdict } from './gate.ts';
import type { PeopleDecision } from './approval/people-decision.ts';

export interface CardFacts {
  name: string;
  description: string | undefined;
  runId: string;
  model: string;
  base: string;
  baseFrom: string;
  train: string;
  test: string;
  statistics: PreparedStatistics;
  report: EvalReport;
  verdict: GateVerdict;
  /** Present where people were asked. */
  approval?: PeopleDecision;
  /** Present when some training rows are synthetic. */
  synthesis?: SynthesisReport;
}

/** A model card in Markdown with Hugging Face front matter, made from what the ledger recorded and nothing else. */
export function modelCard(facts: CardFacts): string {
  const { name, description, statistics, report, verdict } = facts;
  const front = stringify({
    base_model: facts.baseFrom,
    tags: ['anneal'],
    pipeline_tag: 'text-generation',
    model_name: name,
  });
  const rows = Object.entries(report.metrics).map(
    ([metric, { candidate, champion }]) =>
      `| ${metric} | ${interval(candidate)} | ${interval(champion)} | ${candidate.n} |`,
  );
  const { train, test } = statistics;
  return `---
${front}---
# ${name}

${description ?? 'No description was given in the recipe.'}

## Verdict: ${verdict.verdict}

${verdict.reasons.map((reason) => `- ${reason}`).join('\n')}
${facts.approval ? decided(facts.approval) : ''}
## Results

| metric | this model (95 % interval) | compared with (95 % interval) | test items |
|---|---|---|---|
${rows.join('\n')}

Compared with \`${report.champion}\`. Decoding: \`${JSON.stringify(report.decoding)}\`.

## Data

- Training: \`${facts.train}\`, ${train.kept} rows of ${train.in}; left out: ${train.duplicates} repeats, ${train.inTestSet} that repeat a test row, ${train.removed} for other reasons, ${train.toTest} split off for testing.
- Test: \`${facts.test}\`, ${test.kept} rows of ${test.in}; left out: ${test.duplicates} repeats, ${test.removed} for other reasons.
${facts.synthesis ? synthetic(facts.synthesis) : ''}
## Origin

- Model: \`${facts.model}\`
- Base model: \`${facts.base}\` (${facts.baseFrom})
- Run: \`${facts.runId}\`; \`anneal lineage ${facts.model.slice(0, 19)} --up\` shows everything it came from.
`;
}

/** What people made of the verdict. */
const decided = ({ id, decision, why }: PeopleDecision): string =>
  `- People: ${decision}. ${plain(why)} (approval \`${id}\`).
`;

/** How much of the training rows was made up, by whom. */
const synthetic = ({ share, origins, yield: { candidates, accepted } }: SynthesisReport): string =>
  `- Synthetic: ${(share * 100).toFixed(1)} % of the training rows (${origins.map(({ strategy, generator, rows }) => `${rows} by ${generator}, ${strategy}`).join('; ') || 'none'}); ${accepted} of ${candidates} candidates passed the filters. The test set holds none.
`;

const interval = ({ value, ci: [low, high] }: { value: number; ci: [number, number] }): string =>
  `${value.toFixed(4)} (${low.toFixed(4)} to ${high.toFixed(4)})`;
