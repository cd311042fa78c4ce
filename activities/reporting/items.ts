import { rowsIn } from '../../data/lines.ts';
import { promptOf, textOf, type TestRow } from '../../data/row.ts';
import type { RunReport } from '../../evaluation/report/model.ts';
import type { Prediction } from '../evaluation/answers.ts';
import type { EvalReport, ScoredItem } from '../evaluation/report.ts';
import type { GateVerdict } from '../gate.ts';
import type { Deps } from '../step/deps.ts';

type Shelf = Pick<Deps, 'store'>;

/** Labels of a test set: what was expected, and what each side answered. */
interface Labels {
  expected: string[];
  candidate: string[];
  champion: string[];
}

export interface ReportItems {
  /** Paired differences of the deciding metric, more is better; at most so many that a picture needs. */
  differences: number[];
  flips: RunReport['flips'];
  /** Where answers are labels: few different ones, each short. */
  labels?: Labels;
}

const MOST_DIFFERENCES = 20_000;
const MOST_FLIPS = 25;
/** A test set is one of labels when its references are so few and so short. */
const MOST_LABELS = 40;
const LONGEST_LABEL = 60;

/** What a report shows of single items. */
export async function itemsOf(
  { store }: Shelf,
  evaluated: { outputs: Readonly<Record<string, { digest: string }>> },
  report: EvalReport,
  verdict: GateVerdict | undefined,
): Promise<ReportItems | undefined> {
  const { scores, rows, candidatePredictions, championPredictions } = evaluated.outputs;
  const metric = verdict?.metric;
  const facts = metric === undefined ? undefined : report.metrics[metric];
  if (!scores || !rows || !candidatePredictions || !championPredictions || metric === undefined || !facts)
    return undefined;
  const sign = facts.better === 'higher' ? 1 : -1;
  const differences: number[] = [];
  const found = { better: 0, worse: 0 };
  const flips: { id: string; gain: number; candidate: number | null; champion: number | null }[] = [];
  for (const { id, candidate, champion } of rowsIn<ScoredItem>(await store.path(scores.digest))) {
    const [ours, theirs] = [candidate[metric] ?? null, champion[metric] ?? null];
    if (ours === null || theirs === null) continue;
    const gain = sign * (ours - theirs);
    if (differences.length < MOST_DIFFERENCES) differences.push(gain);
    if (gain === 0) continue;
    found[gain > 0 ? 'better' : 'worse'] += 1;
    flips.push({ id, gain, candidate: ours, champion: theirs });
  }
  const shown = [...largest(flips, 1), ...largest(flips, -1)];
  const texts = await textsOf(
    { store },
    { rows, candidatePredictions, championPredictions },
    new Set(shown.map(({ id }) => id)),
  );
  const items = shown.flatMap(({ id, gain, candidate, champion }) => {
    const text = texts.flips.get(id);
    return text ? [{ ...text, gain, candidateScore: candidate, championScore: champion }] : [];
  });
  return {
    differences,
    flips: { metric, items, total: found },
    ...(texts.labels ? { labels: texts.labels } : {}),
  };
}

function largest<T extends { id: string; gain: number }>(flips: readonly T[], sign: 1 | -1): T[] {
  return flips
    .filter(({ gain }) => gain * sign > 0)
    .toSorted((a, b) => Math.abs(b.gain) - Math.abs(a.gain) || (a.id < b.id ? -1 : 1))
    .slice(0, MOST_FLIPS);
}

interface Shown {
  name: string;
  prompt: string;
  reference: string | null;
  candidate: string | null;
  champion: string | null;
}

async function textsOf(
  { store }: Shelf,
  { rows, candidatePredictions, championPredictions }: Record<string, { digest: string }>,
  wanted: ReadonlySet<string>,
): Promise<{ flips: Map<string, Shown>; labels?: Labels }> {
  const answers = async (ref: { digest: string } | undefined): Promise<Map<string, string | null>> => {
    const texts = new Map<string, string | null>();
    if (ref) for (const { id, text } of rowsIn<Prediction>(await store.path(ref.digest))) texts.set(id, text);
    return texts;
  };
  const [candidate, champion] = [await answers(candidatePredictions), await answers(championPredictions)];
  const flips = new Map<string, Shown>();
  const kinds = new Set<string>();
  let labels: Labels | undefined = { expected: [], candidate: [], champion: [] };
  for (const row of rowsIn<TestRow>(await store.path(rows?.digest ?? ''))) {
    const [ours, theirs] = [candidate.get(row.id) ?? null, champion.get(row.id) ?? null];
    if (wanted.has(row.id)) {
      const asked = promptOf(row).map((message) => textOf(message));
      const reference = row.reference === '' ? null : row.reference;
      flips.set(row.id, {
        name: `line ${row.line}`,
        prompt: asked.join('\n'),
        reference,
        candidate: ours,
        champion: theirs,
      });
    }
    if (!labels) continue;
    kinds.add(row.reference);
    if (row.reference.length > LONGEST_LABEL || kinds.size > MOST_LABELS) labels = undefined;
    else {
      labels.expected.push(row.reference.trim());
      labels.candidate.push((ours ?? '').trim());
      labels.champion.push((theirs ?? '').trim());
    }
  }
  return { flips, ...(labels && kinds.size > 1 ? { labels } : {}) };
}

const NONE = '(another answer)';

/** Answers by label; what is no label of the test set is put together. */
export function confusionOf({ expected, candidate, champion }: Labels): NonNullable<RunReport['confusion']> {
  const known = [...new Set(expected)].toSorted();
  const labels = [...known, NONE];
  const at = new Map(labels.map((label, i) => [label, i]));
  const matrix = (answered: readonly string[]): number[][] => {
    const counts = labels.map(() => labels.map(() => 0));
    for (const [i, label] of expected.entries()) {
      const row = counts[at.get(label) ?? known.length] as number[];
      const column = at.get(answered[i] ?? NONE) ?? known.length;
      row[column] = (row[column] ?? 0) + 1;
    }
    return counts;
  };
  return { labels, candidate: matrix(candidate), champion: matrix(champion) };
}
