import { identifyJudge } from '../../activities/judging/identity.ts';
import { makeContext } from '../../activities/step/context.ts';
import type { Deps } from '../../activities/step/deps.ts';
import { enterCalibration, findRetired } from '../../artifacts/ledger/judges.ts';
import { canonicalJson } from '../../configs/canonical-json.ts';
import { TerminalError } from '../../configs/failure.ts';
import type { Judge } from '../../configs/judges.ts';
import { RunOptions } from '../../configs/refs.ts';
import { calibrate, scaleOf, type Calibration, type CalibrationBounds } from '../../evaluation/judges/calibration.ts';
import { readJudging, type Judging } from '../../evaluation/judges/judging.ts';
import { questionsOf } from '../comparing/questions.ts';
import type { Reading, Shelf } from '../datasets/open.ts';
import { askJudge } from './ask.ts';
import { BadLabels } from './bad-labels.ts';
import {
  calibrationItem,
  isSkipped,
  labelledItems,
  unlabelledItems,
  type LabelledItem,
  type TestRows,
} from './label-rows.ts';
import { recordsOf } from './records.ts';

/** What a judge is compared with, and how. */
export interface CalibrationOrder {
  /** Name of the judge in its recipe. */
  name: string;
  judge: Judge;
  /** File or artifact of rows that people labelled. */
  labels: string;
  /** File or artifact of rows that only the judge looks at. */
  predictions?: string;
  /** File or dataset of the rows that labels name by `id`. */
  test?: string;
  reading: Reading;
  bounds?: Partial<CalibrationBounds>;
  actor: string;
  signal: AbortSignal;
  progress?(done: number, asks: number): void;
}

/** A calibration as it is kept: what was found, and of which judge on which rows. */
export interface KeptCalibration extends Calibration {
  name: string;
  kind: Judge['kind'];
  model: string;
  /** Digests of the rows that were compared, and of those without labels; null: there were none. */
  labels: string;
  predictions: string | null;
  /** Rows without labels that the judge looked at. */
  unlabelled: number;
  /** Rows that a person saw and passed over; they are left out. */
  skipped: number;
}

/** What came of it. */
export interface Calibrated {
  calibration: KeptCalibration;
  /** Digest of the artifact. */
  artifact: string;
  /** Questions that were put now, and tokens of all replies that the result rests on, whoever paid for them. */
  asked: number;
  tokens: number;
}

/**
 * Compares a judge of a recipe with labels by people, and enters the result: from then on it may decide, or may not.
 *
 * @throws BadLabels for rows that cannot be used and a judge that was retired; TerminalError when it cannot be asked.
 */
export async function calibrateJudge(order: CalibrationOrder, deps: Deps): Promise<Calibrated> {
  const { name, judge, signal } = order;
  const shelf: Shelf = { ledger: deps.ledger, store: deps.store };
  const rows = await readRows(order, shelf);
  const run = { id: 'calibrate', options: RunOptions.parse({}) };
  const watch = { signal, progress: () => undefined };
  const context = makeContext(deps, { run, params: {}, inputs: {} }, 'calibrate/judge', watch);
  const known = await identifyJudge(context, name, judge);
  try {
    const retired = await findRetired(deps.ledger, known.ref.digest);
    if (retired)
      throw new BadLabels(
        `the judge ${name} was retired on ${retired.at.slice(0, 10)} (${retired.why}): change its model or its words, which makes it another judge`,
      );
    const { labelled, unlabelled } = rows;
    const judging: Judging = {
      judges: { [name]: judge },
      votes: 0,
      rows: [...labelled, ...unlabelled].map(({ row }) => row),
      identities: new Map([[name, { model: known.model, digest: known.ref.digest }]]),
    };
    const { progress } = order;
    const asking = { deps, judge, writer: known.writer, signal, ...(progress ? { progress } : {}) };
    const { replies, fresh } = await askJudge(judging, asking);
    const { items, report } = readJudging(judging, replies);
    const verdicts = items.map(({ candidate }) => candidate[name] ?? null);
    const found = calibrate({
      judge: known.ref.digest,
      scale: scaleOf(judge),
      family: judge.family,
      items: labelled.map((item, i) => calibrationItem(item, verdicts[i] ?? null)),
      unlabelled: verdicts.slice(labelled.length),
      made: new Date(),
      expiresInDays: judge.expiresInDays,
      ...(order.bounds ? { bounds: order.bounds } : {}),
    });
    const calibration: KeptCalibration = {
      ...found,
      name,
      kind: judge.kind,
      model: judge.generator.model,
      labels: rows.digests.labels,
      predictions: rows.digests.predictions,
      unlabelled: unlabelled.length,
      skipped: rows.skipped,
    };
    const { digest } = await context.save(
      'Calibration',
      { text: canonicalJson(calibration) },
      { judge: known.ref.digest, name, passed: found.passed },
    );
    await enterCalibration(deps.ledger, {
      digest,
      judge: found.judge,
      passed: found.passed ? 1 : 0,
      n: found.n,
      kappa: found.kappa?.value ?? null,
      made_at: found.made,
      expires_at: found.expires,
      actor: order.actor,
    });
    return { calibration, artifact: digest, asked: fresh, tokens: report.judges[name]?.tokens ?? 0 };
  } finally {
    await known.writer.close?.();
    await context.dispose();
  }
}

interface Rows {
  labelled: LabelledItem[];
  unlabelled: LabelledItem[];
  skipped: number;
  digests: { labels: string; predictions: string | null };
}

async function readRows({ judge, labels, predictions, test, reading }: CalibrationOrder, shelf: Shelf): Promise<Rows> {
  const known = test === undefined ? undefined : await testRows(test, shelf, reading);
  const found = await recordsOf(labels, shelf);
  const labelled = labelledItems(judge, found.records, known);
  const skipped = found.records.filter(isSkipped).length;
  if (labelled.size === 0) throw new BadLabels(`${labels} has no labels: all of its ${skipped} rows were passed over`);
  const further = predictions === undefined ? undefined : await recordsOf(predictions, shelf);
  const unlabelled = further ? unlabelledItems(judge, further.records, known) : new Map<string, LabelledItem>();
  // PPI++ takes the two sets as different ones: an answer that has labels counts with them.
  for (const key of labelled.keys()) unlabelled.delete(key);
  return {
    labelled: [...labelled.values()],
    unlabelled: [...unlabelled.values()],
    skipped,
    digests: { labels: found.digest, predictions: further?.digest ?? null },
  };
}

async function testRows(test: string, shelf: Shelf, reading: Reading): Promise<TestRows> {
  const { list } = await questionsOf(test, shelf, reading).catch((error: unknown) => {
    if (error instanceof TerminalError) throw new BadLabels(error.message, { cause: error });
    throw error;
  });
  return new Map(list.flatMap(({ id, test: row }) => (row ? [[id, row] as const] : [])));
}
