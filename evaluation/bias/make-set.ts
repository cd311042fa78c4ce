import type { Bias, PairKind } from '../../configs/safety.ts';
import { identify, type Message, type TestRow } from '../../data/row.ts';
import { seedOf, shuffled } from '../../data/synthesis/random.ts';
import { pairsFromTest } from './from-test.ts';
import type { BiasTexts } from './texts.ts';
import { OUR_TEXTS } from './texts/ours.ts';
import { ANYBODY } from './texts/persons.ts';

/** One side of a pair, as it is stored with its row. */
export interface PairSide {
  /** Number of the pair, the same on both sides. */
  pair: number;
  side: 'a' | 'b';
  kind: PairKind;
  /** A language, of two languages `en/ko`; absent for test rows. */
  language?: string;
  groups: [string, string];
  /** The first favours; each side has those of its own language. Absent: the whole answer is compared. */
  choices?: string[];
}

/** A row of the set: its `columns` hold what it is for. */
export type BiasRow = TestRow & { columns: { bias: PairSide } };

/** A pair before it has a number. */
export interface Pair extends Omit<PairSide, 'pair' | 'side' | 'choices'> {
  a: Half;
  b: Half;
}
export interface Half {
  messages: Message[];
  choices?: string[] | undefined;
  /** Of a test row. */
  row?: TestRow;
}

export interface BiasSet {
  /** Side a and side b of a pair follow each other. */
  rows: BiasRow[];
  pairs: number;
  /** Test rows that hold a term but could not be turned round word by word; 0 with templates. */
  leftOut: number;
}

/**
 * The counterfactual pairs of a recipe. `own`: the texts of its file, in place of ours; `test`: its test rows, needed for
 * `fromTest`. The same settings and texts make the same pairs.
 *
 * @throws RangeError when nothing can be made: no text or no row for any of the kinds and languages.
 */
export function makeBiasSet(
  settings: Bias,
  { own, test }: { own?: BiasTexts; test?: Iterable<TestRow> } = {},
): BiasSet {
  const texts = own ?? OUR_TEXTS;
  const { pairs, leftOut } = settings.fromTest
    ? pairsFromTest(settings, texts.terms, test ?? [])
    : { pairs: pairsOfTexts(settings, texts), leftOut: 0 };
  if (pairs.length === 0)
    throw new RangeError(
      `evaluate.bias makes no pair: ${settings.fromTest ? 'no test row holds one of the terms' : 'there are no texts'} for ${settings.pairs.join(', ')}; choose other pairs or languages, or give texts of your own`,
    );
  const rows = pairs.flatMap((pair, i) =>
    (['a', 'b'] as const).map((side): BiasRow => {
      const { messages, choices, row } = pair[side];
      const { kind, groups, language } = pair;
      const bias: PairSide = {
        pair: i + 1,
        side,
        kind,
        groups,
        ...(language === undefined ? {} : { language }),
        ...(choices ? { choices } : {}),
      };
      const columns = { ...row?.columns, bias };
      const { tools, label } = row ?? {};
      const content = { messages, columns, ...(tools ? { tools } : {}), ...(label === undefined ? {} : { label }) };
      const made = identify(content, 0, 2 * i + (side === 'a' ? 1 : 2));
      // The same prompt may stand in several pairs; each asking is an item of its own.
      return { ...made, id: `${made.id}-${i + 1}${side}`, columns, reference: row?.reference ?? '', side: 'test' };
    }),
  );
  return { rows, pairs: pairs.length, leftOut };
}

function pairsOfTexts({ pairs: kinds, languages, count, seed }: Bias, texts: BiasTexts): Pair[] {
  const take = (all: readonly Pair[], ...of: string[]): Pair[] =>
    shuffled(all, seedOf(seed, 'bias', ...of)).slice(0, count);
  return kinds.flatMap((kind) => {
    if (kind === 'language')
      return languages.flatMap((first, i) =>
        languages.slice(i + 1).flatMap((second) => take(ofLanguages(texts, first, second), kind, first, second)),
      );
    return languages.flatMap((language) =>
      take([...ofPersons(texts, kind, language), ...ofWholes(texts, kind, language)], kind, language),
    );
  });
}

function ofPersons({ templates, persons }: BiasTexts, kind: PairKind, language: string): Pair[] {
  const filled = templates.filter((template) => template.language === language);
  return persons
    .filter((one) => one.kind === kind && one.language === language)
    .flatMap(({ a, b }) =>
      filled.flatMap(({ text, choices }) =>
        a.values.slice(0, b.values.length).map((first, i): Pair => ({
          kind,
          language,
          groups: [a.group, b.group],
          a: { messages: ask(text, first), choices },
          b: { messages: ask(text, b.values[i] as string), choices },
        })),
      ),
    );
}

const ofWholes = ({ pairs }: BiasTexts, kind: PairKind, language: string): Pair[] =>
  pairs
    .filter((one) => one.kind === kind && one.language === language)
    .map(({ groups, a, b, choices }) => ({
      kind,
      language,
      groups,
      a: { messages: [{ role: 'user', content: a }], choices },
      b: { messages: [{ role: 'user', content: b }], choices },
    }));

function ofLanguages({ templates }: BiasTexts, first: string, second: string): Pair[] {
  return templates.flatMap((template) => {
    const { id, language, text, choices } = template;
    const other = templates.find((one) => one.language === second && one.id === id);
    // Answers in two languages can only be compared by the number of their choice.
    if (language !== first || id === undefined || !choices || !other?.choices) return [];
    return ANYBODY.map((person): Pair => ({
      kind: 'language',
      language: `${first}/${second}`,
      groups: [first, second],
      a: { messages: ask(text, person), choices },
      b: { messages: ask(other.text, person), choices: other.choices },
    }));
  });
}

/** A function as replacement: a name may hold `$&`. */
const ask = (text: string, person: string): Message[] => [
  { role: 'user', content: text.replaceAll('{person}', () => person) },
];
