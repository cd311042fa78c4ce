import { terminal } from '../../configs/failure.ts';
import { parseGrammarFile, type Alternative, type GrammarFile, type Section } from './grammar-file.ts';
import { sizeOf, sizesOf } from './grammar-size.ts';
import { MODIFIERS, type Piece } from './grammar-text.ts';
import { randomFrom, seedOf } from './random.ts';

/** A template grammar ready to make rows. */
export interface Grammar {
  /** Classes that it has sections for, in the order of the file. */
  labels: string[];
  /** Names of the columns of its rows, over all sections. */
  columns: string[];
  /** The first rows of a seed, the same every time. Only sections of the label, when one is given. */
  rows(seed: number, count: number, label?: string): GrammarRow[];
  /** At most how many different rows it can make; Infinity where a rule calls itself. */
  countDistinct(label?: string): number;
}

/** A row out of a grammar. */
export interface GrammarRow {
  label?: string;
  columns: Record<string, string>;
}

/** So deep a rule may call rules before the shortest way out is taken. */
const MAX_DEPTH = 24;
/** So many choices go into one row before the shortest way out is taken. */
const MAX_CHOICES = 2000;

/**
 * Reads a grammar file.
 *
 * @throws TerminalError `BadGrammar` with every problem, its line and column.
 */
export function readGrammar(text: string, file: string): Grammar {
  const { file: grammar, problems } = parseGrammarFile(text);
  if (grammar) return compile(grammar);
  const told = problems.slice(0, 20).map(({ line, column, message }) => `${file}:${line}:${column}: ${message}`);
  const rest = problems.length > 20 ? `\nand ${problems.length - 20} more` : '';
  throw terminal('BadGrammar', `${told.join('\n')}${rest}`, { file, problems: problems.length });
}

interface State {
  random: () => number;
  chosen: Map<string, string>;
  left: number;
}
type Maker = (state: State, depth: number) => string;

function compile({ sections, rules, names }: GrammarFile): Grammar {
  const sizes = sizesOf(rules, names);
  const makers = new Map<string, Maker>();

  const ofPieces = (pieces: readonly Piece[]): Maker => {
    const parts = pieces.map((piece): Maker => {
      if (piece.kind === 'text') return () => piece.text;
      const isName = names.has(piece.word);
      const rule = names.get(piece.word) ?? piece.word;
      const modifiers = piece.modifiers.map((modifier) => MODIFIERS[modifier] as (text: string) => string);
      return (state, depth) => {
        let text = isName ? state.chosen.get(piece.word) : undefined;
        if (text === undefined) {
          text = (makers.get(rule) as Maker)(state, depth + 1);
          if (isName) state.chosen.set(piece.word, text);
        }
        for (const modify of modifiers) text = modify(text);
        return text;
      };
    });
    if (parts.length === 1) return parts[0] as Maker;
    return (state, depth) => {
      let text = '';
      for (const part of parts) text += part(state, depth);
      return text;
    };
  };

  for (const [name, alternatives] of rules) {
    const ways = alternatives.map(({ pieces }) => ofPieces(pieces));
    const pick = chooser(alternatives.map(({ weight }) => weight));
    const shortest = alternatives
      .map((alternative, i) => ({ i, size: sizeOf(alternative, rules, names, sizes) }))
      .toSorted((a, b) => a.size - b.size || a.i - b.i)[0]?.i as number;
    makers.set(name, (state, depth) => {
      const isLate = depth > MAX_DEPTH || --state.left < 0;
      return (ways[isLate ? shortest : pick(state.random())] as Maker)(state, depth);
    });
  }

  const kinds = sections.map((section) => ({
    section,
    columns: section.columns.map(({ name, pieces }) => ({ name, make: ofPieces(pieces) })),
  }));
  const kindsOf = (label: string | undefined) =>
    label === undefined ? kinds : kinds.filter(({ section }) => section.label === label);

  return {
    labels: [...new Set(sections.flatMap(({ label }) => (label === undefined ? [] : [label])))],
    columns: [...new Set(sections.flatMap(({ columns }) => columns.map(({ name }) => name)))],
    rows(seed, count, label) {
      const some = kindsOf(label);
      if (some.length === 0) return [];
      const pick = chooser(some.map(({ section }) => section.weight));
      const random = randomFrom(seed);
      return Array.from({ length: count }, () => {
        const state: State = { random, chosen: new Map(), left: MAX_CHOICES };
        const { section, columns } = some[pick(state.random())] as (typeof kinds)[number];
        const row: Record<string, string> = {};
        for (const { name, make } of columns) row[name] = make(state, 0);
        return section.label === undefined ? { columns: row } : { label: section.label, columns: row };
      });
    },
    countDistinct: (label) => kindsOf(label).reduce((sum, { section }) => sum + countSection(section, rules, names), 0),
  };
}

/** Picks an index by weight for a number in [0, 1). */
function chooser(weights: readonly number[]): (at: number) => number {
  const { length } = weights;
  if (weights.every((weight) => weight === weights[0])) return (at) => Math.floor(at * length);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let sum = 0;
  const bounds = weights.map((weight) => (sum += weight) / total);
  return (at) => {
    const found = bounds.findIndex((bound) => at < bound);
    return found < 0 ? length - 1 : found;
  };
}

/**
 * An upper bound of the different rows of a section: ways through its texts, times the ways to choose each name
 * it can reach. Two ways may read the same.
 */
function countSection(
  section: Section,
  rules: ReadonlyMap<string, Alternative[]>,
  names: ReadonlyMap<string, string>,
): number {
  const counts = new Map<string, number>();
  const reached = new Set<string>();
  const open = new Set<string>();
  const ofRule = (rule: string): number => {
    const known = counts.get(rule);
    if (known !== undefined) return known;
    if (open.has(rule)) return Infinity;
    open.add(rule);
    const unlike = new Map((rules.get(rule) ?? []).map((way) => [JSON.stringify(way.pieces.map(spell)), way]));
    let sum = 0;
    for (const { pieces } of unlike.values()) sum += ofPieces(pieces);
    open.delete(rule);
    counts.set(rule, sum);
    return sum;
  };
  const ofPieces = (pieces: readonly Piece[]): number => {
    let product = 1;
    for (const piece of pieces) {
      if (piece.kind === 'text') continue;
      if (names.has(piece.word)) reached.add(piece.word);
      else product *= ofRule(piece.word);
    }
    return product;
  };
  let total = section.columns.reduce((product, { pieces }) => product * ofPieces(pieces), 1);
  // What a name draws from can reach further names; a set grows while it is walked.
  for (const name of reached) total *= ofRule(names.get(name) as string);
  return total;
}

const spell = (piece: Piece): unknown =>
  piece.kind === 'text' ? piece.text : [piece.word, piece.rule, piece.modifiers];

/** Seed of the rows of an ask, apart from those of the other asks. */
export const grammarSeed = (seed: number, task: number, index: number): number => seedOf(seed, task, index, 'grammar');
