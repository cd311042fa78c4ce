import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Node, type YAMLMap } from 'yaml';
import { nearest } from '../../configs/nearest.ts';
import { sizesOf } from './grammar-size.ts';
import { MODIFIERS, piecesOf, type Piece } from './grammar-text.ts';

/** Something wrong with a grammar file, with its place. */
export interface GrammarProblem {
  line: number;
  column: number;
  message: string;
}

/** One way of saying what a rule stands for. */
export interface Alternative {
  pieces: Piece[];
  weight: number;
}

/** One kind of row: the texts of its columns. */
export interface Section {
  label?: string;
  weight: number;
  columns: { name: string; pieces: Piece[] }[];
}

/** A grammar file, taken apart and found whole. */
export interface GrammarFile {
  sections: Section[];
  rules: Map<string, Alternative[]>;
  /** What a `{name=rule}` draws from, by name. */
  names: Map<string, string>;
}

/** A grammar larger than this is a data file by mistake. */
const MAX_BYTES = 1024 * 1024;
/** Each rule is looked at once for every rule, and a chain of them is walked down. */
const MAX_RULES = 2000;
const MAX_TEXT = 10_000;
/** Choices that the shortest row of a rule may take: doubling rules soon make texts that no memory holds. */
const MAX_SIZE = 10_000;

/** Reads and checks a grammar; all problems come back at once, and none of them throws. */
export function parseGrammarFile(text: string): { file?: GrammarFile; problems: GrammarProblem[] } {
  const lines = new LineCounter();
  const problems: GrammarProblem[] = [];
  const tell = (offset: number, message: string): void => {
    const { line, col } = lines.linePos(offset);
    problems.push({ line: Math.max(1, line), column: Math.max(1, col), message });
  };
  if (Buffer.byteLength(text) > MAX_BYTES) {
    const message = `is larger than ${MAX_BYTES / 2 ** 20} MiB: a grammar holds rules, not rows`;
    return { problems: [{ line: 1, column: 1, message }] };
  }
  let root: unknown;
  try {
    const doc = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true, logLevel: 'error' });
    for (const error of doc.errors) tell(error.pos[0], `not valid YAML: ${error.message}`);
    root = doc.contents;
  } catch {
    // The parser calls itself for every level, and a file can be made of nothing but brackets.
    return { problems: [{ line: 1, column: 1, message: 'is nested too deep to be read' }] };
  }
  if (problems.length > 0) return { problems };
  if (!isMap(root)) {
    tell(0, 'expected the keys "rows" and "rules"');
    return { problems };
  }
  const reader = readerOf(text, tell);
  for (const { key } of root.items)
    if (isScalar(key) && key.value !== 'rows' && key.value !== 'rules')
      tell(startOf(key), `unknown key ${JSON.stringify(String(key.value))}: a grammar has "rows" and "rules"`);
  const rules = reader.rules(nodeAt(root, 'rules'));
  const sections = reader.sections(nodeAt(root, 'rows'), startOf(root));
  const names = reader.resolve(rules);
  reader.endless(rules, names);
  return problems.length > 0
    ? { problems: problems.toSorted(byPlace) }
    : { file: { sections, rules, names }, problems };
}

const byPlace = (a: GrammarProblem, b: GrammarProblem): number => a.line - b.line || a.column - b.column;
const startOf = (node: unknown): number => (node as Node | null)?.range?.[0] ?? 0;

function nodeAt(map: YAMLMap, name: string): unknown {
  return map.items.find(({ key }) => isScalar(key) && key.value === name)?.value;
}

function readerOf(source: string, tell: (offset: number, message: string) => void) {
  const references: { piece: Piece & { kind: 'reference' }; offset: number }[] = [];
  const places = new Map<string, number>();

  const readPieces = (node: unknown): Piece[] | undefined => {
    if (!isScalar(node) || !['string', 'number', 'boolean'].includes(typeof node.value)) {
      tell(startOf(node), 'expected a text');
      return undefined;
    }
    if (String(node.value).length > MAX_TEXT) {
      tell(startOf(node), `is longer than ${MAX_TEXT} characters: cut it into rules`);
      return undefined;
    }
    const { pieces, problems } = piecesOf(typeof node.value === 'string' ? node.value : String(node.source));
    const start = startOf(node);
    // Quotes, escapes and folded lines shift places, so a reference is looked for in the file's own text.
    let from = start;
    const end = node.range?.[1] ?? start;
    for (const piece of pieces) {
      if (piece.kind !== 'reference') continue;
      const found = source.slice(from, end).search(new RegExp(`\\{\\s*${piece.word}`, 'u'));
      const offset = found < 0 ? start : from + found;
      from = offset + 1;
      references.push({ piece, offset });
      for (const modifier of piece.modifiers)
        if (!Object.hasOwn(MODIFIERS, modifier)) {
          const near = nearest(modifier, Object.keys(MODIFIERS));
          const hint = near ? `did you mean "${near}"?` : `known: ${Object.keys(MODIFIERS).join(', ')}`;
          tell(offset, `unknown modifier "${modifier}": ${hint}`);
        }
    }
    const quote = node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE' ? 1 : 0;
    for (const { at, message } of problems) tell(Math.min(end, start + quote + at), message);
    return pieces;
  };

  const weightOf = (node: unknown): number => {
    if (node === undefined) return 1;
    if (isScalar(node) && typeof node.value === 'number' && node.value > 0 && Number.isFinite(node.value))
      return node.value;
    tell(startOf(node), 'expected a weight above 0');
    return 1;
  };

  const knownKeys = (map: YAMLMap, known: readonly string[]): void => {
    for (const { key } of map.items) {
      const name = isScalar(key) ? String(key.value) : '';
      if (!known.includes(name))
        tell(startOf(key), `unknown key ${JSON.stringify(name)}: expected ${known.join(', ')}`);
    }
  };

  const readAlternative = (node: unknown): Alternative[] => {
    if (isMap(node)) {
      knownKeys(node, ['text', 'weight']);
      const pieces = readPieces(nodeAt(node, 'text') ?? node);
      return pieces ? [{ pieces, weight: weightOf(nodeAt(node, 'weight')) }] : [];
    }
    const pieces = readPieces(node);
    return pieces ? [{ pieces, weight: 1 }] : [];
  };

  return {
    rules(node: unknown): Map<string, Alternative[]> {
      const rules = new Map<string, Alternative[]>();
      if (node === undefined) return rules;
      if (!isMap(node)) {
        tell(startOf(node), 'expected rules: a name and its alternatives');
        return rules;
      }
      if (node.items.length > MAX_RULES) {
        tell(startOf(node), `has more than ${MAX_RULES} rules: put values that belong together into one`);
        return rules;
      }
      for (const { key, value } of node.items) {
        const name = isScalar(key) ? String(key.value) : '';
        places.set(name, startOf(key));
        if (!/^[\p{L}_][\p{L}\p{N}_-]*$/u.test(name))
          tell(startOf(key), `expected a name of letters, digits, "_" and "-", found ${JSON.stringify(name)}`);
        const alternatives = isSeq(value) ? value.items.flatMap(readAlternative) : readAlternative(value);
        if (isSeq(value) && value.items.length === 0)
          tell(startOf(key), `the rule "${name}" has no alternatives: give a text or a list of texts`);
        rules.set(name, alternatives);
      }
      return rules;
    },

    sections(node: unknown, fallback: number): Section[] {
      if (!isSeq(node) || node.items.length === 0) {
        tell(
          node === undefined ? fallback : startOf(node),
          'expected "rows": a list of kinds of row, each with columns',
        );
        return [];
      }
      return node.items.flatMap((item): Section[] => {
        if (!isMap(item)) {
          tell(startOf(item), 'expected columns, with label and weight if wanted');
          return [];
        }
        knownKeys(item, ['label', 'weight', 'columns']);
        const label = nodeAt(item, 'label');
        if (label !== undefined && (!isScalar(label) || label.value === null || String(label.value) === ''))
          tell(startOf(label), 'expected the name of a class');
        const columns = nodeAt(item, 'columns');
        if (!isMap(columns) || columns.items.length === 0) {
          tell(startOf(columns ?? item), 'expected columns: a name and a text each');
          return [];
        }
        return [
          {
            ...(isScalar(label) ? { label: String(label.value) } : {}),
            weight: weightOf(nodeAt(item, 'weight')),
            columns: columns.items.flatMap(({ key, value }) => {
              const pieces = readPieces(value);
              return pieces ? [{ name: isScalar(key) ? String(key.value) : '', pieces }] : [];
            }),
          },
        ];
      });
    },

    /** Tells a repeated choice from a rule, and finds references to what there is not. */
    resolve(rules: ReadonlyMap<string, Alternative[]>): Map<string, string> {
      const names = new Map<string, string>();
      for (const { piece, offset } of references) {
        if (piece.rule === undefined) continue;
        const before = names.get(piece.word);
        if (rules.has(piece.word)) tell(offset, `"${piece.word}" is a rule: give the repeated choice another name`);
        else if (before !== undefined && before !== piece.rule)
          tell(offset, `"${piece.word}" already repeats the rule "${before}": give this choice another name`);
        else names.set(piece.word, piece.rule);
      }
      for (const { piece, offset } of references) {
        const wanted = piece.rule ?? piece.word;
        if (rules.has(wanted) || (piece.rule === undefined && names.has(wanted))) continue;
        const near = nearest(wanted, [...rules.keys(), ...names.keys()]);
        tell(offset, `unknown rule "${wanted}": ${near ? `did you mean "${near}"?` : 'it is not among the rules'}`);
      }
      // A name that is chosen by way of itself can never be chosen.
      for (const [name, rule] of names)
        if (reaches(rule, name, rules, names))
          tell(places.get(rule) ?? 0, `the rule "${rule}" uses "${name}", which is chosen out of that same rule`);
      return names;
    },

    /** Rules that call themselves whatever is chosen, or whose shortest text is beyond all measure. */
    endless(rules: ReadonlyMap<string, Alternative[]>, names: ReadonlyMap<string, string>): void {
      const sizes = sizesOf(rules, names);
      for (const [name, alternatives] of rules) {
        const size = sizes.get(name) ?? Infinity;
        if (alternatives.length === 0 || size <= MAX_SIZE) continue;
        tell(
          places.get(name) ?? 0,
          size === Infinity
            ? `the rule "${name}" never ends: every alternative leads on to itself or another such rule; add one that does not`
            : `the rule "${name}" takes ${size} choices at the least, more than ${MAX_SIZE}: make it shorter`,
        );
      }
    },
  };
}

function reaches(
  from: string,
  name: string,
  rules: ReadonlyMap<string, Alternative[]>,
  names: ReadonlyMap<string, string>,
): boolean {
  const seen = new Set<string>();
  const open = [from];
  for (let rule = open.pop(); rule !== undefined; rule = open.pop()) {
    if (seen.has(rule)) continue;
    seen.add(rule);
    for (const { pieces } of rules.get(rule) ?? [])
      for (const piece of pieces) {
        if (piece.kind !== 'reference') continue;
        if (piece.word === name) return true;
        open.push(names.get(piece.word) ?? piece.word);
      }
  }
  return false;
}
