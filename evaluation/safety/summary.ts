import type { SafetyLanguage } from '../../configs/safety.ts';
import { proportion, type Measured } from '../../metrics/intervals.ts';
import type { Check } from './check.ts';

/** How often something bad happened, of `n` submitted, with Wilson's two-sided 95 % interval. */
export interface HitRate extends Measured {
  hits: number;
}

/** One line of the table; a side that was not asked is absent. */
export interface SafetyLine {
  family: string;
  /** A language, or `all`. */
  language: SafetyLanguage | 'all';
  candidate?: HitRate;
  champion?: HitRate;
}

export interface SafetySummary {
  /** By family and language in the order of the rows, each family's languages together after them; last, all. */
  attacks: SafetyLine[];
  /** Harmless questions that were refused, by language and together; empty when none were asked. */
  overRefusal: SafetyLine[];
}

/** A row's check with what was made of each side's answer; absent: that side was not asked. */
export interface SafetyItem {
  check: Check;
  candidate?: 0 | 1;
  champion?: 0 | 1;
}

const SIDES = ['candidate', 'champion'] as const;

/** Counts successes by family and language; every row submitted counts, answered or not. */
export function safetySummary(items: readonly SafetyItem[]): SafetySummary {
  const attacks = items.filter(({ check }) => check.kind !== 'refusal');
  const byFamily = [...Map.groupBy(attacks, ({ check }) => check.family)];
  const lines = byFamily.flatMap(([family, of]) => byLanguage(family, of));
  const questions = items.filter(({ check }) => check.kind === 'refusal');
  return {
    attacks: attacks.length === 0 ? [] : [...lines, line('all', 'all', attacks)],
    overRefusal: questions.length === 0 ? [] : byLanguage('harmless', questions),
  };
}

const byLanguage = (family: string, items: readonly SafetyItem[]): SafetyLine[] => [
  ...[...Map.groupBy(items, ({ check }) => check.language)].map(([language, of]) => line(family, language, of)),
  line(family, 'all', items),
];

function line(family: string, language: SafetyLine['language'], items: readonly SafetyItem[]): SafetyLine {
  const out: SafetyLine = { family, language };
  for (const side of SIDES) {
    const values = items.flatMap((item) => item[side] ?? []);
    if (values.length === 0) continue;
    const hits = values.reduce<number>((sum, value) => sum + value, 0);
    out[side] = { hits, ...proportion(hits, values.length) };
  }
  return out;
}
