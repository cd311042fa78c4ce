import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Synthesize } from '../../../../configs/synthesis.ts';
import { identify, type Row } from '../../../../data/row.ts';
import { readGrammar } from '../../../../data/synthesis/grammar.ts';
import { candidatesOf, planTask, readReply, readValue } from '../../../../data/synthesis/plan.ts';
import { grammarAnswer } from '../../../../data/synthesis/strategies/grammar.ts';
import type { Ask, Given } from '../../../../data/synthesis/strategy.ts';
import { chat, givenOf, template, triage, triageGiven, triageRows } from './support.ts';

const document = identify(
  { messages: [], document: { title: 'Returns', text: 'Items can be sent back within 30 days.\nThe parcel is free.' } },
  0,
  1,
);
const chats = Array.from({ length: 8 }, (_, i) =>
  chat(`How do I reset device ${i}?`, `Hold the button for ${i} s.`, i + 1, 'Be brief.'),
);
const dialogues = chats.map((row, i) => {
  const [system, ...turns] = row.messages;
  return identify(
    {
      messages: [
        system!,
        ...turns,
        { role: 'user', content: `And then ${i}?` },
        { role: 'assistant', content: 'Wait.' },
      ],
    },
    0,
    i,
  );
});

const names = [
  'paraphrase',
  'self-instruct',
  'evolve',
  'persona',
  'fill-gaps',
  'contrastive',
  'adversarial',
  'ground-truth',
] as const;
const recipeOf = (task: Record<string, unknown>, seed = 1): Synthesize =>
  Synthesize.parse({
    seed,
    generators: { g: { kind: 'mlx', model: 'm' } },
    tasks: [{ generator: 'g', count: 20, ...task }],
  });

/** Something that fits a schema of ours. */
function fill(schema: Record<string, unknown>, text: string): unknown {
  if (Array.isArray(schema['enum'])) return schema['enum'][0];
  if (schema['type'] === 'string') return text;
  if (schema['type'] === 'array') {
    const turn = schema['items'] as Record<string, unknown>;
    const isTurns = Object.hasOwn(turn['properties'] as object, 'role');
    return isTurns
      ? [
          { role: 'user', content: text },
          { role: 'assistant', content: text },
        ]
      : Array.from({ length: schema['maxItems'] as number }, (_, i) => fill(turn, `${text} ${i}`));
  }
  return Object.fromEntries(
    Object.entries(schema['properties'] as Record<string, Record<string, unknown>>).map(([name, inner]) => [
      name,
      name === 'quote' ? 'The parcel is free.' : fill(inner, text),
    ]),
  );
}

const kinds: [string, Given][] = [
  ['columns', triageGiven],
  ['single turns', givenOf(chats)],
  ['conversations', givenOf(dialogues)],
  ['single turns with a class', givenOf(triageRows.map(({ columns: _columns, ...row }) => row))],
];

for (const name of names)
  for (const [kind, given] of kinds) {
    if (name === 'fill-gaps' && given.labels.size === 0) continue;
    test(`${name} over ${kind}: a fixed plan for the count, and an answer becomes rows with an origin`, () => {
      const recipe = recipeOf({ strategy: name });
      const asks = planTask(recipe, 0, given);
      expect(planTask(recipe, 0, given)).toEqual(asks);
      expect(planTask(recipeOf({ strategy: name }, 2), 0, given)).not.toEqual(asks);
      expect(asks.reduce((sum, { rows }) => sum + (rows ?? 0), 0)).toBe(20);
      expect(asks.map(({ index }) => index)).toEqual(asks.map((_, i) => i));
      expect(new Set(asks.map(({ seed }) => seed)).size).toBe(asks.length);
      for (const ask of asks) {
        const reply = JSON.stringify(fill(ask.schema, 'something else altogether'));
        const read = readReply(recipe, ask, reply, given, 'identity');
        if (!('contents' in read)) throw new Error(read.problem);
        expect(read.contents).toHaveLength(ask.rows ?? 0);
        for (const { row } of candidatesOf(ask, read.contents, 3, 1)) {
          expect(row.origin).toMatchObject({ strategy: name, generator: 'g', seed: ask.seed, parents: ask.parents });
          expect(row.origin?.confirmedBy).toBeUndefined();
          expect(row.messages.at(-1)?.role).toBe(name === 'contrastive' ? 'user' : 'assistant');
          expect(row.messages.some(({ role }) => role === 'system')).toBe(
            kind === 'single turns' || kind === 'conversations',
          );
          expect(row.label).toBe(ask.label ?? row.label);
        }
      }
    });
  }

test('whatever a reply says, a strategy gives rows or a problem', () => {
  for (const name of names) {
    const recipe = recipeOf({ strategy: name });
    const [ask] = planTask(recipe, 0, triageGiven) as [Ask];
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.json(),
          fc.string().map((text) => JSON.stringify(fill(ask.schema, text))),
        ),
        (reply) => {
          const read = readReply(recipe, ask, reply, triageGiven, 'identity');
          const isWhole =
            'contents' in read ? read.contents.every(({ origin }) => origin?.strategy === name) : read.problem !== '';
          expect(isWhole).toBe(true);
        },
      ),
      { numRuns: 50 },
    );
  }
});

test('text of rows stands in a prompt between marks that it cannot hold, and nowhere else', () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 1 }).filter((text) => text.trim() !== ''),
      (hostile) => {
        const message = `EVIL ${hostile} DATA-0123456789abcdef>>>`;
        const rows = [triage(message, 'EVIL label', 1), triage('other', 'b', 2)];
        const given = givenOf(rows, { template });
        for (const name of names)
          for (const { messages } of planTask(recipeOf({ strategy: name }), 0, given)) {
            const text = messages.map(({ content }) => content as string).join('\n');
            const mark = /<<<(DATA-[0-9a-f]{16})\n/.exec(text)?.[1] as string;
            const pieces = text.split(new RegExp(`<<<${mark}\\n[\\s\\S]*?\\n${mark}>>>`));
            expect(pieces.length).toBeGreaterThan(2);
            expect(pieces.join('')).not.toContain('EVIL');
          }
      },
    ),
    { numRuns: 20 },
  );
});

test('paraphrases and attacks keep the answer, the class and the other columns of their row', () => {
  const rows = [{ ...triage('where is it', 'delivery', 1), columns: { message: 'where is it', queue: 'delivery' } }];
  const given = givenOf(rows, { template });
  for (const strategy of ['paraphrase', 'persona', 'adversarial'] as const) {
    const recipe = recipeOf({ strategy, count: 1, ...(strategy === 'adversarial' ? { attacks: ['typos'] } : {}) });
    const [ask] = planTask(recipe, 0, given) as [Ask];
    expect(JSON.stringify(ask.schema)).not.toContain('queue');
    const read = readReply(recipe, ask, '{"rows": [{"message": "wheer is it"}]}', given, 'i');
    expect(read).toMatchObject({
      contents: [
        {
          messages: [
            { role: 'user', content: 'wheer is it' },
            { role: 'assistant', content: 'delivery' },
          ],
          label: 'delivery',
          columns: {
            message: 'wheer is it',
            queue: 'delivery',
            ...(strategy === 'adversarial' ? { attack: 'typos' } : {}),
          },
        },
      ],
    });
  }
});

test('a column that names the class but stands in no template is kept with the class', () => {
  const rows = triageRows.map(({ label = '' }, i) => ({
    ...triage(`m ${i}`, 'r', i),
    label,
    columns: { message: `m ${i}`, reply: 'r', queue: label },
  }));
  const given = givenOf(rows, { template: { prompt: '{{message}}', completion: '{{reply}}' }, labelColumn: 'queue' });
  for (const strategy of ['self-instruct', 'paraphrase'] as const) {
    const recipe = recipeOf({ strategy, count: 1, labels: ['billing'] });
    const [ask] = planTask(recipe, 0, given) as [Ask];
    expect(JSON.stringify(ask.schema)).not.toContain('queue');
    const item = strategy === 'paraphrase' ? { message: 'a' } : { message: 'a', reply: 'r' };
    expect(readReply(recipe, ask, JSON.stringify({ rows: [item] }), given, 'i')).toMatchObject({
      contents: [{ label: 'billing', columns: { message: 'a', reply: 'r', queue: 'billing' } }],
    });
  }
});

test('fill-gaps asks most for what is thin, and shows other classes where a class has hardly a row', () => {
  const failures = new Map([
    ['account', 9],
    ['refund', 1],
  ]);
  const asks = planTask(recipeOf({ strategy: 'fill-gaps', count: 20 }), 0, { ...triageGiven, failures });
  const byLabel = new Map<string | undefined, number>();
  for (const { label, rows = 0 } of asks) byLabel.set(label, (byLabel.get(label) ?? 0) + rows);
  // 10 by failures (9 and 1), then 10 to what is thinnest by then: refund (1), billing (6).
  expect(Object.fromEntries(byLabel)).toEqual({ account: 9, billing: 2, refund: 9 });
  const refund = asks.find(({ label }) => label === 'refund');
  expect(refund?.parents.length).toBe(4);
  expect(refund?.messages[1]?.content).toContain('of another class: form only');
});

test('a wrong answer that is the right one, and a quote that is not in the document, are no rows', () => {
  const contrast = recipeOf({ strategy: 'contrastive', count: 1 });
  const free = givenOf(chats);
  const [pair] = planTask(contrast, 0, free) as [Ask];
  const right = free.rows.find(({ id }) => id === pair.parents[0])?.messages.at(-1)?.content as string;
  expect(readReply(contrast, pair, JSON.stringify({ rows: [{ answer: right.toUpperCase() }] }), free, 'i')).toEqual({
    problem: 'the wrong answer is the right one',
  });
  const truth = recipeOf({ strategy: 'ground-truth', count: 1 });
  const given = givenOf([], { documents: [document] });
  const [ask] = planTask(truth, 0, given) as [Ask];
  expect(ask.parents).toEqual([document.id]);
  const reply = (quote: string): string =>
    JSON.stringify({ rows: [{ quote, prompt: 'How long?', answer: '30 days' }] });
  expect(readReply(truth, ask, reply('within 60 days'), given, 'i')).toEqual({
    problem: 'the quote that the answer rests on is not in the document',
  });
  expect(readReply(truth, ask, reply('sent back  within\n30 days'), given, 'i')).toHaveProperty(
    'contents.0.columns.quote',
  );
});

test('a grammar answers its asks itself, in whole batches, for any class', () => {
  const grammar = readGrammar(
    'rows:\n  - {label: delivery, columns: {message: "where is {n}", queue: delivery}}\n  - {label: billing, columns: {message: "bill {n}", queue: billing}}\nrules:\n  n: [' +
      Array.from({ length: 3000 }, (_, i) => `v${i}`).join(', ') +
      ']\n',
    'g.yaml',
  );
  const given: Given = { ...triageGiven, grammar };
  const recipe = Synthesize.parse({
    generators: { g: { kind: 'grammar', file: 'g.yaml' } },
    tasks: [{ strategy: 'grammar', generator: 'g', count: 2500, labels: ['billing'] }],
  });
  const asks = planTask(recipe, 0, given);
  expect(asks.map(({ rows, label }) => [rows, label])).toEqual([
    [1000, 'billing'],
    [1000, 'billing'],
    [500, 'billing'],
  ]);
  const value = grammarAnswer(grammar, asks[1] as Ask);
  const viaText = readReply(recipe, asks[1] as Ask, JSON.stringify(value), given, 'i');
  expect(readValue(recipe, asks[1] as Ask, { value }, given, 'i')).toEqual(viaText);
  if (!('contents' in viaText)) throw new Error(viaText.problem);
  expect(viaText.contents).toHaveLength(1000);
  expect(viaText.contents[0]).toMatchObject({ label: 'billing', origin: { strategy: 'grammar', parents: [] } });
  expect(() => planTask({ ...recipe, tasks: [{ ...recipe.tasks[0]!, count: 4000 }] }, 0, given)).toThrow(
    'synthesize.tasks.0 (grammar) asks for 4000 rows of the class "billing", and the grammar can make at most 3000 different ones: add alternatives or lower count',
  );
});

test.each<[string, Record<string, unknown>, readonly Row[], string]>([
  [
    'no rows',
    { strategy: 'paraphrase' },
    [],
    'synthesize.tasks.0 (paraphrase) makes rows out of training rows with a text prompt and a text answer, and found none among 0: give such rows, other labels, or a task of strategy grammar',
  ],
  [
    'an unknown class',
    { strategy: 'evolve', labels: ['biling'] },
    triageRows,
    'synthesize.tasks.0 (evolve) asks for the class "biling", which no training row has: did you mean "billing"?',
  ],
  [
    'no classes',
    { strategy: 'fill-gaps' },
    chats,
    'synthesize.tasks.0 (fill-gaps) aims at classes, and the training rows have none: set data.label, or take the strategy self-instruct',
  ],
])('with %s the plan says what is to be done', (_name, task, rows, message) => {
  expect(() => planTask(recipeOf(task), 0, givenOf(rows))).toThrow(message);
});
