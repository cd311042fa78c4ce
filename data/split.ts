import { createHash } from 'node:crypto';
import { answerOf, type Row } from './row.ts';

/** How the test set is taken out of the training rows. */
export interface SplitSettings {
  /** Share of the rows, 0 to 1. */
  test?: number | undefined;
  /** Column that keeps rows together. */
  group?: string | undefined;
  stratify?: boolean | undefined;
  /** Column with the date, for a split by time. */
  time?: string | undefined;
  /** Rows of this date and later are the test set. */
  from?: string | undefined;
}

/** What an earlier preparation decided: prompts on each side. A stratified split keeps to it. */
export interface EarlierSplit {
  test: ReadonlySet<string>;
  train: ReadonlySet<string>;
}

/** A split at work. */
export interface Split {
  /** Set when every row has to be seen before the first is placed. */
  observe?(row: Row): void;
  /** Which side a row goes to, or why it can go to neither. */
  side(row: Row): 'train' | 'test' | { why: string };
}

/** Chooses the kind of split. */
export function createSplit(settings: SplitSettings, earlier: EarlierSplit): Split {
  if (settings.time !== undefined) return byTime(settings.time, settings.from, settings.test ?? 0);
  if (settings.stratify === true) return byStratum(settings.test ?? 0, settings.group, earlier);
  return byHash(settings.test ?? 0, settings.group);
}

/**
 * Which side of a split a prompt falls on: the first 52 bits of its hash as a number in [0, 1), so a row keeps
 * its side when others come and go, and equal prompts are never on both sides.
 */
export function isTestSide(hash: string, testShare: number): boolean {
  return positionOf(hash) < testShare;
}

const positionOf = (hash: string): number => Number.parseInt(hash.slice(0, 13), 16) / 2 ** 52;

function byHash(share: number, group: string | undefined): Split {
  return {
    side: (row) => {
      const unit = unitOf(row, group);
      if (typeof unit !== 'string') return unit;
      return isTestSide(unit, share) ? 'test' : 'train';
    },
  };
}

/** What stays together: equal prompts, or all rows of a group. */
function unitOf(row: Row, group: string | undefined): string | { why: string } {
  if (group === undefined) return row.promptId;
  const value = row.columns?.[group];
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean')
    return { why: `has no column "${group}" to group by` };
  return createHash('sha256').update(String(value)).digest('hex').slice(0, 16);
}

/** The class that a row counts under: its label, or its answer. */
export const classOf = (row: Row): string => row.label ?? answerOf(row).slice(0, 200);

/**
 * The same share of every class, to the nearest unit and at least one of two. Units of an earlier test set stay
 * in it, units it was trained on stay out; what is still wanting is filled up by lowest hash.
 */
function byStratum(share: number, group: string | undefined, earlier: EarlierSplit): Split {
  const strata = new Map<string, Map<string, { was: 'test' | 'train' | undefined }>>();
  const classes = new Map<string, string>();
  let chosen: Set<string> | undefined;
  return {
    observe: (row) => {
      const unit = unitOf(row, group);
      if (typeof unit !== 'string') return;
      const name = classes.get(unit) ?? classOf(row);
      classes.set(unit, name);
      const stratum = strata.get(name) ?? new Map<string, { was: 'test' | 'train' | undefined }>();
      strata.set(name, stratum);
      const was = earlier.test.has(row.promptId) ? 'test' : earlier.train.has(row.promptId) ? 'train' : undefined;
      // One row of a group that was tested keeps the whole group there.
      const before = stratum.get(unit)?.was;
      stratum.set(unit, { was: before === 'test' ? before : (was ?? before) });
    },
    side: (row) => {
      chosen ??= new Set([...strata.values()].flatMap((stratum) => pick(stratum, share)));
      const unit = unitOf(row, group);
      if (typeof unit !== 'string') return unit;
      return chosen.has(unit) ? 'test' : 'train';
    },
  };
}

function pick(stratum: ReadonlyMap<string, { was: 'test' | 'train' | undefined }>, share: number): string[] {
  const units = [...stratum];
  const wanted = units.length < 2 ? 0 : Math.max(1, Math.round(units.length * share));
  const kept = units.flatMap(([unit, { was }]) => (was === 'test' ? [unit] : []));
  const free = units.flatMap(([unit, { was }]) => (was === undefined ? [unit] : []));
  return [...kept, ...free.toSorted().slice(0, Math.max(0, wanted - kept.length))];
}

/** The newest rows, by a date; rows of the same moment are on the same side. */
function byTime(column: string, from: string | undefined, share: number): Split {
  const border = from === undefined ? undefined : Date.parse(from);
  if (border !== undefined) return { side: (row) => placed(row, column, border) };
  const times: number[] = [];
  let found: number | undefined;
  return {
    observe: (row) => {
      const at = timeOf(row, column);
      if (typeof at === 'number') times.push(at);
    },
    side: (row) => {
      found ??= borderOf(times, share);
      return placed(row, column, found);
    },
  };
}

function borderOf(times: number[], share: number): number {
  const sorted = Float64Array.from(times).toSorted();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * (1 - share)))] ?? Number.POSITIVE_INFINITY;
}

function placed(row: Row, column: string, border: number): 'train' | 'test' | { why: string } {
  const at = timeOf(row, column);
  return typeof at === 'number' ? (at >= border ? 'test' : 'train') : at;
}

function timeOf(row: Row, column: string): number | { why: string } {
  const value = row.columns?.[column];
  if (value === undefined || value === null || value === '') return { why: `has no date in column "${column}"` };
  const at = timeIn(value);
  return at === undefined
    ? { why: `has a date in column "${column}" that cannot be read: expected ISO 8601, e.g. 2026-01-31T12:00:00Z` }
    : at;
}

/** Milliseconds since 1970 of a date: ISO 8601, or seconds or milliseconds since 1970. Other ways of writing a date mean different days to different people. */
export function timeIn(value: unknown): number | undefined {
  if (typeof value === 'number')
    return Number.isFinite(value) ? (Math.abs(value) < 1e11 ? value * 1000 : value) : undefined;
  if (typeof value !== 'string' || !/^[+-]?\d{4,6}-\d\d(-\d\d)?([T ].*)?$/.test(value.trim())) return undefined;
  const at = Date.parse(value.trim().replace(' ', 'T'));
  return Number.isNaN(at) ? undefined : at;
}
