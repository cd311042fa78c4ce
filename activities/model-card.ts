import { stringify } from 'yaml';
import { plain } from '../configs/plain.ts';
import type { PreparedStatistics } from '../data/prepared.ts';
import type { SynthesisReport } from '../data/synthesis/report.ts';
import type { EvalReport } from './evaluation/report.ts';
import type { GateVerdict } from './gate.ts';
import type { PeriodParams } from './continuous/period.ts';
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
  /** Absent where no new rows were prepared: a training from the base model on earlier periods alone. */
  statistics?: PreparedStatistics;
  /** Present in continuous tuning. */
  period?: PeriodParams;
  report: EvalReport;
  verdict: GateVerdict;
  /** Present where people were asked. */
  approval?: PeopleDecision;
  /** Present when some training rows are synthetic. */
  synthesis?: SynthesisReport;
}

/** A model card in Markdown with Hugging Face front matter, made from what the ledger recorded and nothing else. */
export function modelCard(facts: CardFacts): string {
  const { name, description, report, verdict } = facts;
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

${rowsInWords(facts)}
${facts.synthesis ? synthetic(facts.synthesis) : ''}
## Origin

- Model: \`${facts.model}\`
- Base model: \`${facts.base}\` (${facts.baseFrom})
- Run: \`${facts.runId}\`; \`anneal lineage ${facts.model.slice(0, 19)} --up\` shows everything it came from.
`;
}

function rowsInWords({ train, test, statistics, period }: CardFacts): string {
  const about =
    period &&
    `- Period ${period.period} of the line ${period.line}: ${period.depth === 0 ? 'trained from the base model' : `a warm start, ${period.depth} in a row since the last training from the base model`}; rows of earlier periods are among the training rows.`;
  if (!statistics)
    return [`- Training: \`${train}\`, rows of earlier periods alone.`, `- Test: \`${test}\`.`, about]
      .filter(Boolean)
      .join('\n');
  const { train: learned, test: tested } = statistics;
  const fresh = period ? ' new rows' : '';
  return [
    `- Training: \`${train}\`, ${learned.kept} rows of ${learned.in}${fresh}; left out: ${learned.duplicates} repeats, ${learned.inTestSet} that repeat a test row, ${learned.removed} for other reasons, ${learned.toTest} split off for testing.`,
    `- Test: \`${test}\`, ${tested.kept} rows of ${tested.in}${fresh}; left out: ${tested.duplicates} repeats, ${tested.removed} for other reasons.`,
    about,
  ]
    .filter(Boolean)
    .join('\n');
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
