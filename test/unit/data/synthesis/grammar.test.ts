import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseGrammarFile } from '../../../../data/synthesis/grammar-file.ts';
import { readGrammar } from '../../../../data/synthesis/grammar.ts';

const TRIAGE = `
rows:
  - label: billing
    weight: 3
    columns:
      message: '{greeting|capitalize}, {product|a} was billed twice: two {product|plural}.'
      queue: billing
  - label: returns
    columns:
      message: 'The {thing=product} is broken. I want to send the {thing} back, {{today}}.'
      queue: returns
rules:
  greeting: [hi, hello, { text: good morning, weight: 2 }]
  product: [kettle, atlas, brush, battery]
`;

test('a grammar makes rows of several classes, the same for the same seed', () => {
  const grammar = readGrammar(TRIAGE, 'triage.yaml');
  expect(grammar.labels).toEqual(['billing', 'returns']);
  expect(grammar.columns).toEqual(['message', 'queue']);
  const rows = grammar.rows(1, 400);
  expect(rows).toEqual(grammar.rows(1, 400));
  expect(rows).not.toEqual(grammar.rows(2, 400));
  const billing = rows.filter(({ label }) => label === 'billing');
  // Three of four by weight; four standard deviations are 35.
  expect(Math.abs(billing.length - 300)).toBeLessThan(35);
  expect(grammar.rows(1, 20, 'returns').every(({ columns }) => columns['queue'] === 'returns')).toBe(true);
  expect(grammar.rows(1, 20, 'unheard of')).toEqual([]);
});

test('modifiers, repeated choices and braces come out as written', () => {
  const grammar = readGrammar(TRIAGE, 'triage.yaml');
  for (const { columns } of grammar.rows(5, 100, 'returns'))
    expect(columns['message']).toMatch(/^The (\w+) is broken. I want to send the \1 back, \{today\}\.$/);
  for (const { columns } of grammar.rows(5, 100, 'billing'))
    expect(columns['message']).toMatch(
      /^(Hi|Hello|Good morning), (an atlas|a kettle|a brush|a battery) was billed twice: two (kettles|atlases|brushes|batteries)\.$/,
    );
});

test('how many different rows there can be is the truth where nothing reads the same', () => {
  const grammar = readGrammar(TRIAGE, 'triage.yaml');
  expect(grammar.countDistinct('billing')).toBe(3 * 4 * 4);
  expect(grammar.countDistinct('returns')).toBe(4);
  expect(grammar.countDistinct()).toBe(52);
  const seen = new Set(grammar.rows(3, 5000).map((row) => JSON.stringify(row)));
  expect(seen.size).toBe(52);
});

test('a rule may call itself when there is a way out, and then ends', () => {
  const grammar = readGrammar(
    'rows: [{columns: {t: "{list}"}}]\nrules:\n  list: [{text: "{list}{list} and {list}", weight: 50}, x]\n',
    'g.yaml',
  );
  expect(grammar.countDistinct()).toBe(Infinity);
  const texts = grammar.rows(1, 50).map(({ columns }) => columns['t'] as string);
  expect(texts.every((text) => /^[x and]+$/.test(text) && text.length < 100_000)).toBe(true);
});

test('a long chain of rules is no matter', () => {
  const chain = Array.from({ length: 1999 }, (_, i) => `  r${i}: ["{r${i + 1}}", "{r${i + 1}}!"]`).join('\n');
  const grammar = readGrammar(`rows: [{columns: {t: "{r0}"}}]\nrules:\n${chain}\n  r1999: end\n`, 'g.yaml');
  expect(grammar.rows(1, 3)[0]?.columns['t']).toMatch(/^end/);
  expect(grammar.countDistinct()).toBe(Infinity);
});

test('every problem is told with line and column', () => {
  const problems = (text: string): string[] =>
    parseGrammarFile(text).problems.map(({ line, column, message }) => `${line}:${column} ${message}`);
  expect(
    problems(`rows:
  - label: a
    wieght: 2
    columns:
      text: "Hello {greting} and {name=colour}, {colour|capitalise}"
  - columns: []
rules:
  greeting: []
  colour: [red, {txt: blue}]
  loop: ["{loop} again", "{pool}"]
  pool: "{loop}"
  open: "a { b"
  bad: "{one two} }"
  name2: ["{greeting=colour}"]
more: 1
`),
  ).toMatchInlineSnapshot(`
    [
      "3:5 unknown key "wieght": expected label, weight, columns",
      "5:20 unknown rule "greting": did you mean "greeting"?",
      "5:49 unknown modifier "capitalise": did you mean "capitalize"?",
      "6:14 expected columns: a name and a text each",
      "8:3 the rule "greeting" has no alternatives: give a text or a list of texts",
      "9:17 expected a text",
      "9:18 unknown key "txt": expected text, weight",
      "10:3 the rule "loop" never ends: every alternative leads on to itself or another such rule; add one that does not",
      "11:3 the rule "pool" never ends: every alternative leads on to itself or another such rule; add one that does not",
      "12:12 a "{" without its "}": write "{{" for a brace",
      "13:9 expected {rule}, {rule|modifier} or {name=rule}, found "{one two}"",
      "13:19 a "}" without its "{": write "}}" for a brace",
      "14:12 "greeting" is a rule: give the repeated choice another name",
      "15:1 unknown key "more": a grammar has "rows" and "rules"",
    ]
  `);
  expect(problems('')).toEqual(['1:1 expected the keys "rows" and "rules"']);
  expect(problems('rules: {a: b}')).toEqual(['1:1 expected "rows": a list of kinds of row, each with columns']);
  expect(problems('rows: [{columns: {t: x}}]\nrules: {a: &x "{b}", b: *x}')).toEqual(['2:25 expected a text']);
  expect(problems('a: [')[0]).toMatch(/^1:\d not valid YAML/);
  expect(problems('['.repeat(100_000))).not.toEqual([]);
});

test('rules that double without end in sight are refused, not tried', () => {
  const doubling = Array.from({ length: 40 }, (_, i) => `  r${i}: "{r${i + 1}}{r${i + 1}}"`).join('\n');
  expect(() => readGrammar(`rows: [{columns: {t: "{r0}"}}]\nrules:\n${doubling}\n  r40: x\n`, 'g.yaml')).toThrow(
    /g\.yaml:3:3: the rule "r0" takes \d+ choices at the least, more than 10000: make it shorter/,
  );
});

test('a choice that is made out of itself is refused', () => {
  expect(() => readGrammar('rows: [{columns: {t: "{n=r}"}}]\nrules:\n  r: ["a {n}", b]\n', 'g.yaml')).toThrow(
    'g.yaml:3:3: the rule "r" uses "n", which is chosen out of that same rule',
  );
});

test('any text is a grammar or a list of problems', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc
      .array(
        fc.constantFrom(
          'rows:',
          'rules:',
          ' ',
          '\n',
          '- ',
          'columns: ',
          '{a}',
          '{b=a}',
          '"',
          ': ',
          '[',
          ']',
          '{',
          '}',
          'a',
          'text',
          '|',
        ),
      )
      .map((some) => some.join('')),
    fc
      .array(fc.string(), { maxLength: 4 })
      .map((some) => `rows: [{columns: {t: "{a}"}}]\nrules: ${JSON.stringify({ a: some })}`),
  );
  fc.assert(
    fc.property(text, (some) => {
      const { file, problems } = parseGrammarFile(some);
      expect(file === undefined).toBe(problems.length > 0);
      expect(file ? readGrammar(some, 'g').rows(1, 2) : [1, 2]).toHaveLength(2);
    }),
    { numRuns: 200 },
  );
});
