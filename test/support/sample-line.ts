import type { LineDocument, LineFacts } from '../../evaluation/line/model.ts';
import { lineDocumentOf } from '../../evaluation/line/document.ts';
import { draws } from './sample-report.ts';

const day = (at: number): string => new Date(Date.UTC(2026, 0, 5 + 7 * at)).toISOString();
const digestOf = (at: number): string => `sha256:${at.toString(16).padStart(64, '0')}`;

/** Scores of 0 and 1, as the ledger keeps them. */
export const scoresOf = (...scores: number[]): Uint8Array => new Uint8Array(Float64Array.from(scores).buffer);

/** What the ledger could say of a line of so many weeks, of which every `promoted`th was promoted. */
export function sampleFacts(weeks: number, { promoted = 1.5, n = 80, seed = 7 } = {}): LineFacts {
  const draw = draws(seed);
  const watermarks: LineFacts['watermarks'] = [];
  const slices: LineFacts['slices'] = [];
  const models: LineFacts['models'] = [{ digest: digestOf(0), name: null, generation: null, isBase: true }];
  const cells: LineFacts['cells'] = [];
  const championMeans: LineFacts['championMeans'] = [];
  const totals = new Map<string, { sum: number; n: number }>();
  const names: LineFacts['names'] = {};
  const skips: LineFacts['skips'] = [];
  let quality = 0.55;
  for (let week = 1; week <= weeks; week += 1) {
    const isAccepted = week === 1 || Math.floor(week / promoted) > Math.floor((week - 1) / promoted);
    const verdict = isAccepted ? 'promote' : week % 2 === 0 ? 'reject' : 'inconclusive';
    const digest = digestOf(week);
    if (isAccepted) quality += (0.93 - quality) * 0.3;
    const own = isAccepted ? quality : quality - 0.15;
    if (isAccepted) slices.push({ slice: `p${week}`, generation: week, digest, n, at: day(week) });
    models.push({ digest, name: `support-triage@v${week}`, generation: week, isBase: false });
    watermarks.push({
      generation: week,
      run_id: `support-triage-2026-${week}`,
      period: `p${week}`,
      verdict,
      outcome: isAccepted ? 'accepted' : verdict === 'reject' ? 'consumed' : 'kept',
      counts_json: JSON.stringify({ new: 380 + Math.round(draw() * 80), edited: week % 3, total: 400 * week }),
      model: isAccepted ? digest : null,
      depth: isAccepted ? week % 6 : null,
      at: day(week),
    });
    if (week % 4 === 0)
      for (let at = 0; at < 3; at += 1)
        skips.push({
          reason: at === 2 ? 'another run is at work' : 'too few new rows: 9 of 50',
          started_at: day(week - 0.5),
        });
    for (const [at, { slice }] of slices.entries()) {
      const chance = own - 0.015 * Math.min(8, slices.length - at) * draw();
      const scores: number[] = Array.from({ length: n }, () => (draw() < chance ? 1 : 0));
      const sum = scores.reduce((all, score) => all + score);
      cells.push({ model: digest, slice, scores: scoresOf(...scores) });
      if (!isAccepted) continue;
      championMeans.push({ model: digest, slice, mean: sum / n });
      const total = totals.get(digest) ?? { sum: 0, n: 0 };
      totals.set(digest, { sum: total.sum + sum, n: total.n + n });
    }
  }
  cells.push({
    model: digestOf(0),
    slice: 'p1',
    scores: scoresOf(...Array.from({ length: n }, () => (draw() < 0.3 ? 1 : 0))),
  });
  skips.push({ reason: 'too few new rows: 12 of 50', started_at: day(weeks + 1) });
  return {
    line: 'support-triage',
    metric: 'exactMatch',
    metrics: ['exactMatch'],
    totals: { slices: slices.length, models: models.length },
    slices,
    models,
    cells,
    championMeans,
    overall: [...totals].map(([model, total]) => ({ model, mean: total.sum / total.n })),
    watermarks,
    skips,
    champion: watermarks.findLast(({ model }) => model !== null)?.model ?? null,
    names,
  };
}

export const sampleLine = (weeks = 12): LineDocument =>
  lineDocumentOf(sampleFacts(weeks, weeks > 100 ? { n: 16 } : {}));

/** A line all of whose texts are this one. */
export function lineOfTexts(text: string): LineDocument {
  const replaced = (value: unknown): unknown => {
    if (typeof value === 'string') return text;
    if (Array.isArray(value)) return value.map(replaced);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, replaced(one)]));
  };
  // What is one of few words in the ledger stays so.
  const { format, better, ...line } = sampleLine(5);
  return Object.assign(replaced(line) as LineDocument, { format, better });
}
