import { answerOf, promptOf, textOf, textsOf } from '../row.ts';
import type { Row } from '../row.ts';
import { cut } from './cut.ts';
import { eachRow } from './each-row.ts';
import type { Rows } from './each-row.ts';
import { labelOf } from './labels.ts';
import { createLanguages } from './languages.ts';
import type { Languages } from './languages.ts';
import { createLengths } from './lengths.ts';
import type { Lengths } from './lengths.ts';
import { createPlaces } from './places.ts';
import type { Place } from './places.ts';
import { createLowest, seededHash, standsBefore } from './sample.ts';
import type { Lowest } from './sample.ts';
import { createStatistics, kindOf } from './statistics.ts';
import type { DatasetStatistics, RowKind } from './statistics.ts';

/** Rows that something is true of, with the first places. */
export interface Finding {
  rows: number;
  places: Place[];
}

/** What a detector found, by kind; a row can hold several hits. */
export interface Hits extends Finding {
  kind: string;
  hits: number;
}

/** A row that repeats an earlier one. */
export interface Repeat extends Place {
  of: Place;
}

/** A row cut short, for people to look at. */
export interface Sample extends Place {
  id: string;
  kind: RowKind;
  label: string | null;
  /** The last user message, or a document. */
  prompt: string;
  answer: string;
  /** The worse answer of a preference pair. */
  rejected?: string;
  /** Strategy that made the row. */
  strategy?: string;
}

/** All that is known of a set of rows by looking at it. JSON as it stands. */
export interface DataInspection {
  statistics: DatasetStatistics;
  languages: Languages;
  duplicates: {
    /** Rows equal to an earlier one. */
    exact: { rows: number; examples: Repeat[] };
    /** Absent: not looked for. */
    near?: { rows: number; examples: Repeat[] };
  };
  pii?: Hits[];
  secrets?: Hits[];
  /** Rows that repeat a row of an evaluation set. */
  leaks?: { rows: number; examples: (Place & { reason: string })[] };
  /** Text: why tokens were not counted. */
  tokens?: { lengths: Lengths | null; limit: number | null; over: Finding } | string;
  samples: Sample[];
}

/** What inspection needs from elsewhere; without a helper its part of the result is absent. */
export interface InspectHelpers {
  findPii?: ((text: string) => readonly { kind: string }[]) | undefined;
  findSecrets?: ((text: string) => readonly { kind: string }[]) | undefined;
  /** Near duplicates: sees every row, then tells. */
  near?: { add(row: Row): void; result(): NonNullable<DataInspection['duplicates']['near']> } | undefined;
  /** Leaks: sees every row, then tells. */
  leaks?: { add(row: Row): void; result(): NonNullable<DataInspection['leaks']> } | undefined;
  countTokens?: ((row: Row) => number) | string | undefined;
  /** Longest row that the tuner takes, in tokens. */
  maxTokens?: number | undefined;
  /** Samples shown, default 8. */
  samples?: number | undefined;
  seed?: number | undefined;
}

const LISTED = 20;
const SAMPLE_CHARACTERS = 300;
const SAMPLED_LABELS = 200;

/** Looks at rows once, in memory that grows by 24 bytes a row. */
export async function inspectRows(rows: Rows, helpers: InspectHelpers = {}): Promise<DataInspection> {
  const { countTokens, near, leaks, maxTokens, seed = 0 } = helpers;
  const statistics = createStatistics();
  const languages = createLanguages(seed);
  const places = createPlaces();
  const samples = createSpread(helpers.samples ?? 8, seed);
  const pii = helpers.findPii && createHits(helpers.findPii);
  const secrets = helpers.findSecrets && createHits(helpers.findSecrets);
  const lengths = createLengths();
  const over: Finding = { rows: 0, places: [] };
  await eachRow(rows, (row) => {
    statistics.add(row);
    languages.add(row);
    places.add(row.id, row.id, row.source, row.line);
    samples.add(row);
    if (pii || secrets) {
      const texts = textsOf(row);
      pii?.add(row, texts);
      secrets?.add(row, texts);
    }
    near?.add(row);
    leaks?.add(row);
    if (typeof countTokens === 'function') {
      const tokens = countTokens(row);
      lengths.add(tokens);
      if (maxTokens !== undefined && tokens > maxTokens) note(over, row);
    }
  });
  const summary = statistics.result();
  return {
    statistics: summary,
    languages: await languages.result(),
    duplicates: { exact: repeats(places), ...(near ? { near: near.result() } : {}) },
    ...(pii ? { pii: pii.result() } : {}),
    ...(secrets ? { secrets: secrets.result() } : {}),
    ...(leaks ? { leaks: leaks.result() } : {}),
    ...(typeof countTokens === 'function'
      ? { tokens: { lengths: lengths.result(), limit: maxTokens ?? null, over } }
      : countTokens === undefined
        ? {}
        : { tokens: countTokens }),
    samples: samples.result(summary.labels.by !== 'none'),
  };
}

function note(finding: Finding, { source, line }: Row): void {
  finding.rows += 1;
  if (finding.places.length < LISTED) finding.places.push({ source, line });
}

/** Counts what a detector finds, by kind; never keeps the text. */
function createHits(find: (text: string) => readonly { kind: string }[]) {
  const byKind = new Map<string, Hits>();
  return {
    add(row: Row, texts: readonly string[]) {
      const seen = new Set<string>();
      for (const text of texts) {
        for (const { kind } of find(text)) {
          let hits = byKind.get(kind);
          if (hits === undefined) byKind.set(kind, (hits = { kind, hits: 0, rows: 0, places: [] }));
          hits.hits += 1;
          if (!seen.has(kind)) note(hits, row);
          seen.add(kind);
        }
      }
    },
    result: () => [...byKind.values()].toSorted((a, b) => b.hits - a.hits || (a.kind < b.kind ? -1 : 1)),
  };
}

/** Rows whose id was there before; the first of each stays out. */
function repeats(places: ReturnType<typeof createPlaces>): { rows: number; examples: Repeat[] } {
  const sorted = places.sorted();
  const found: [first: number, repeat: number][] = [];
  let first = 0;
  for (let at = 1; at < sorted.length; at += 1) {
    if (places.compare(sorted[at]!, places, sorted[first]!, true) === 0) found.push([sorted[first]!, sorted[at]!]);
    else first = at;
  }
  const examples = found
    .map(([first, repeat]) => {
      const [{ source, line }, of] = [places.place(repeat), places.place(first)];
      return { source, line, of: { source: of.source, line: of.line } };
    })
    .toSorted((a, b) => a.source - b.source || a.line - b.line)
    .slice(0, LISTED);
  return { rows: found.length, examples };
}

/** Draws samples by hash; where rows have classes, from as many of them as there is room for. */
function createSpread(count: number, seed: number): { add(row: Row): void; result(byClass: boolean): Sample[] } {
  const overall = createLowest<Sample>(count, standsBefore);
  const byLabel = createLowest<Lowest<Sample>>(SAMPLED_LABELS);
  return {
    add(row) {
      if (count < 1) return;
      const key = seededHash(seed, row.id);
      overall.offer(key, row.id, () => sampleOf(row));
      const label = labelOf(row) ?? '';
      byLabel
        .offer(seededHash(seed, label), label, () => createLowest<Sample>(count, standsBefore))
        ?.offer(key, row.id, () => sampleOf(row));
    },
    result(byClass) {
      if (!byClass) return overall.result().map((sample) => ({ ...sample, label: null }));
      const drawn = byLabel.result().map((lowest) => lowest.result());
      const rounds = Array.from({ length: count }, (_, round) => drawn.flatMap((rows) => rows[round] ?? []));
      return rounds.flat().slice(0, count);
    },
  };
}

/** A row cut to what a person can take in at a glance. */
export function sampleOf(row: Row): Sample {
  const asked = promptOf(row);
  const question = row.document
    ? row.document.text
    : textOf(asked.findLast(({ role }) => role === 'user') ?? asked.at(-1) ?? { role: 'user', content: '' });
  const rejected = row.rejected?.at(-1);
  const label = labelOf(row);
  return {
    source: row.source,
    line: row.line,
    id: row.id,
    kind: kindOf(row),
    label: label === undefined ? null : cut(label, SAMPLE_CHARACTERS),
    prompt: cut(question, SAMPLE_CHARACTERS),
    answer: cut(answerOf(row), SAMPLE_CHARACTERS),
    ...(rejected ? { rejected: cut(textOf(rejected), SAMPLE_CHARACTERS) } : {}),
    ...(row.origin ? { strategy: row.origin.strategy } : {}),
  };
}
