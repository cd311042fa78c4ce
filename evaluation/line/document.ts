import { skipsInWords } from '../../configs/skip-kinds.ts';
import { shortDigest } from '../report/part.ts';
import { cellOf, scaleOf, type Scale } from './cells.ts';
import type { LineCell, LineDocument, LineFacts, LineModel, LinePeriod, Skips } from './model.ts';

/** Puts together what is known of a line: the matrix model × slice, and what each period came to. */
export function lineDocumentOf(facts: LineFacts): LineDocument {
  const { line, metric, metrics, totals, slices, champion } = facts;
  const scale = scaleOf(metric);
  const nameOf = namesIn(facts);
  const cells = Map.groupBy(facts.cells, ({ model }) => model);
  const models = facts.models.map((model) => modelOf(facts, model, cells.get(model.digest) ?? [], { scale, nameOf }));
  return {
    line,
    metric,
    metrics,
    better: scale.better,
    format: scale.range[0] >= -1 && scale.range[1] <= 1 ? 'share' : 'number',
    totals,
    slices: slices.map(({ slice, digest, n, at }) => ({ slice, digest, n, at })),
    models,
    ...periodsOf(facts, nameOf),
    champion: champion === null ? null : nameOf(champion),
    baseline: models.find((_, at) => facts.models[at]?.isBase)?.model ?? null,
  };
}

function modelOf(
  facts: LineFacts,
  { digest, generation }: LineFacts['models'][number],
  cells: LineFacts['cells'],
  { scale, nameOf }: { scale: Scale; nameOf: (digest: string) => string },
): LineModel {
  const own = new Map<string, LineCell>();
  for (const { slice, scores } of cells) {
    const found = cellOf(scores, scale);
    if (found) own.set(slice, { slice, n: found.n, mean: found.value, ci: found.ci });
  }
  const period = facts.watermarks.find((row) => row.generation === generation);
  return {
    model: nameOf(digest),
    digest,
    period: period?.period ?? null,
    verdict: period?.verdict ?? null,
    outcome: period?.outcome ?? null,
    depth: period?.depth ?? null,
    isChampion: digest === facts.champion,
    cells: facts.slices.map(({ slice }) => own.get(slice) ?? null),
  };
}

/** What models are called: their version, `base model`, or the beginning of their digest. */
function namesIn({ models, names }: LineFacts): (digest: string) => string {
  const known = new Map(Object.entries(names));
  for (const { digest, name, isBase } of models) {
    if (name !== null) known.set(digest, name);
    else if (isBase) known.set(digest, 'base model');
  }
  return (digest) => known.get(digest) ?? shortDigest(digest);
}

function periodsOf(facts: LineFacts, nameOf: (digest: string) => string): { periods: LinePeriod[]; waiting: Skips } {
  const { watermarks, skips, slices } = facts;
  const means = new Map<string, Map<string, number>>();
  for (const { model, slice, mean } of facts.championMeans) {
    if (!Number.isFinite(mean)) continue;
    const own = means.get(model) ?? new Map<string, number>();
    means.set(model, own.set(slice, mean));
  }
  const overall = new Map(facts.overall.map(({ model, mean }) => [model, mean]));
  let champion: string | null = null;
  let next = 0;
  const skippedUntil = (at: string): Skips => {
    const from = next;
    while (next < skips.length && (skips[next]?.started_at ?? '') < at) next += 1;
    return skipsOf(skips.slice(from, next));
  };
  const periods = watermarks.map((row): LinePeriod => {
    if (row.model !== null) champion = row.model;
    const own = champion === null ? undefined : means.get(champion);
    const mean = champion === null ? undefined : overall.get(champion);
    return {
      generation: row.generation,
      period: row.period,
      run: row.run_id,
      verdict: row.verdict,
      outcome: row.outcome,
      counts: countsIn(row.counts_json),
      depth: row.depth,
      at: row.at,
      skipped: skippedUntil(row.at),
      champion: champion === null ? null : nameOf(champion),
      // A slice is there from its period on.
      scores: slices.map(({ slice, generation }) => (generation <= row.generation ? (own?.get(slice) ?? null) : null)),
      mean: mean !== undefined && Number.isFinite(mean) ? mean : null,
    };
  });
  return { periods, waiting: skipsOf(skips.slice(next)) };
}

const skipsOf = (skips: LineFacts['skips']): Skips => ({
  count: skips.length,
  words: skipsInWords(skips.map(({ reason }) => reason ?? 'no reason')),
});

function countsIn(json: string): Record<string, number> {
  const found = Object.entries(JSON.parse(json) as Record<string, unknown>);
  return Object.fromEntries(found.filter((entry): entry is [string, number] => typeof entry[1] === 'number'));
}
