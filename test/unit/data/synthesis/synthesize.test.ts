import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Synthesize } from '../../../../configs/synthesis.ts';
import { keyOf } from '../../../../data/synthesis/answer.ts';
import { readGrammar } from '../../../../data/synthesis/grammar.ts';
import type { Ask } from '../../../../data/synthesis/strategy.ts';
import { synthesize, type Reply, type Synthesized } from '../../../../data/synthesis/synthesize.ts';
import { failureOf } from '../../support/failures.ts';
import { givenOf, template, triageRows, worldOf } from './support.ts';

const given = givenOf(triageRows, { template, labelColumn: 'queue' });
const { seed: _seed, ...told } = given;
const { given: _given, ...world } = worldOf(given);

const forms = readGrammar(
  "rows:\n  - { label: account, columns: { message: 'close {n}{n} please', queue: account } }\nrules:\n  n: [a, b, c, d, e]\n",
  'forms.yaml',
);

const settingsOf = (tasks: object[], more: object = {}): Synthesize =>
  Synthesize.parse({
    generators: { g: { kind: 'mlx', model: 'm' }, forms: { kind: 'grammar', file: 'forms.yaml' } },
    tasks: tasks.map((task) => ({ generator: 'g', ...('generator' in task ? {} : { perAsk: 1 }), ...task })),
    filters: [{ filter: 'dedupe', near: 'none' }],
    ...more,
  });

/** Says something new to every ask, in its form. */
function answer(ask: Ask): string {
  const fill = (schema: Record<string, unknown>, at: string): unknown => {
    if (Array.isArray(schema['enum'])) return schema['enum'].at(-1);
    if ('const' in schema) return schema['const'];
    if (schema['type'] === 'string') return `said ${at} ${ask.seed}`;
    if (schema['type'] === 'array') return [fill(schema['items'] as Record<string, unknown>, `${at}0`)];
    const properties = Object.entries(schema['properties'] as Record<string, Record<string, unknown>>);
    return Object.fromEntries(properties.map(([name, inner]) => [name, fill(inner, name)]));
  };
  return JSON.stringify(fill(ask.schema, ''));
}

/** Plays the workflow: puts what is missing to `reply`, round by round, to the end. */
async function play(
  settings: Synthesize,
  reply: (ask: Ask) => Reply = (ask) => ({ text: answer(ask) }),
): Promise<{ rounds: Ask[][]; made: Synthesized }> {
  const replies = new Map<string, Reply>();
  const rounds: Ask[][] = [];
  for (;;) {
    const made = await synthesize({
      settings,
      given: told,
      world,
      grammars: new Map([['forms', forms]]),
      identities: new Map([['g', 'model m']]),
      replies: async (asks) => asks.map((ask) => replies.get(keyOf(ask, 'model m'))),
    });
    if (!('missing' in made)) return { rounds, made };
    expect(made.missing.length).toBeGreaterThan(0);
    rounds.push(made.missing);
    for (const ask of made.missing) {
      const key = keyOf(ask, 'model m');
      // Nothing is asked for that is there.
      expect(replies.has(key)).toBe(false);
      replies.set(key, reply(ask));
    }
  }
}

const own = { strategy: 'self-instruct', count: 9 };

test('asks first for rows, then for repairs, then for what each filter wants to know, and never twice', async () => {
  const settings = settingsOf([own, { strategy: 'grammar', generator: 'forms', count: 4 }], {
    filters: [
      { filter: 'dedupe', near: 'none' },
      { filter: 'agreement', generator: 'g', samples: 2, minShare: 0.1, similarity: 0.01 },
      { filter: 'judge', generator: 'g', threshold: 1 },
    ],
  });
  let broken = 2;
  const { rounds, made } = await play(settings, (ask) => {
    broken -= 1;
    return { text: broken >= 0 ? 'no JSON' : answer(ask) };
  });
  const { counts } = made;
  expect(rounds.map((asks) => asks.length)).toEqual([9, 2, 2 * 13, counts.filters[2]?.in]);
  expect(rounds[1]?.every(({ isRepair }) => isRepair)).toBe(true);
  expect(counts).toMatchObject({ asked: expect.any(Number), failed: 0, repaired: 2, candidates: 13 });
  expect(counts.asked).toBe(counts.answered);
});

test('a reply that cannot be used is repaired once and then put aside with its reason', async () => {
  let asked = 0;
  const { rounds, made } = await play(settingsOf([own]), (ask) => {
    asked += 1;
    return { text: asked === 1 || ask.isRepair ? '{"messages": "cut' : answer(ask) };
  });
  expect(rounds.map((asks) => asks.length)).toEqual([9, 1]);
  expect(made.counts).toMatchObject({ asked: 9, answered: 8, repaired: 0, failed: 1, candidates: 8 });
  expect(made.aside).toEqual([
    {
      generator: 'g',
      task: 0,
      index: 0,
      reason: 'the JSON of the reply ends in the middle',
      excerpt: '{"messages": "cut',
    },
  ]);
});

test('a repair that nobody answers leaves the reason of the first reply; a refusal is not repaired', async () => {
  let asked = 0;
  const { rounds, made } = await play(settingsOf([own]), (ask) => {
    asked += 1;
    if (ask.isRepair) return { failed: 'got no usable answer' };
    return asked === 1 ? { text: 'a poem' } : asked === 2 ? { failed: 'was refused' } : { text: answer(ask) };
  });
  expect(rounds.map((asks) => asks.length)).toEqual([9, 1]);
  expect(made.counts).toMatchObject({
    answered: 7,
    failures: { 'the reply holds no JSON': 1, 'was refused': 1 },
  });
});

test('not one usable reply is an error that says why', async () => {
  expect(await failureOf(play(settingsOf([own]), () => ({ failed: 'was refused' })))).toMatchObject({
    type: 'NoUsableReply',
    message:
      'g gave no usable reply to any of 9 asks (9 times: was refused): try another model or other guidance, or take the task out of synthesize.tasks',
    details: { asks: 9, reasons: { 'was refused': 9 } },
  });
});

test('rows that nothing passes are no error: what was asked for was looked at', async () => {
  const { made } = await play(settingsOf([own], { filters: [{ filter: 'rules', words: ['nobody says this'] }] }));
  expect(made.train).toEqual([]);
  expect(made.counts).toMatchObject({ candidates: 9, accepted: 0, rejected: 9 });
  expect(made.aside).toHaveLength(9);
});

test('answers that a judge gives in no readable form speak for no row', async () => {
  const settings = settingsOf([own], { filters: [{ filter: 'judge', generator: 'g', threshold: 1 }] });
  const { made, rounds } = await play(settings, (ask) => ({ text: ask.rows === undefined ? '5' : answer(ask) }));
  expect(rounds.map((asks) => asks.length)).toEqual([9, 9, 9]); // rows, scores, repairs of the scores
  expect(made.counts.filters[0]).toMatchObject({ in: 9, out: 9, reasons: { 'no score could be read': 9 } });
});

test('pairs, attacks and drafts are no training rows, and count for no share', async () => {
  const settings = settingsOf(
    [
      { strategy: 'contrastive', count: 2 },
      { strategy: 'adversarial', count: 3 },
      { strategy: 'ground-truth', count: 4 },
      { strategy: 'self-instruct', count: 5 },
    ],
    { limits: { maxShare: 0.1 } },
  );
  const { made } = await play(settings);
  const { train, preference, adversarial, drafts } = made;
  expect([preference.length, adversarial.length, drafts.length]).toEqual([2, 3, 4]);
  // 2 of 22 are 0.09, 3 of 23 would be 0.13.
  expect(train).toHaveLength(2);
  expect(preference.every(({ rejected }) => rejected !== undefined)).toBe(true);
  for (const { origin } of [...adversarial, ...drafts]) expect(origin?.confirmedBy).toBeUndefined();
  expect(made.counts).toMatchObject({ candidates: 14, accepted: 11, rejected: 3 });
});

test('a share that is all but one is no limit', async () => {
  const { made } = await play(settingsOf([own], { limits: { maxShare: 1 - Number.EPSILON / 2 } }));
  expect(made.train).toHaveLength(9);
});

test('synthetic rows have a source of their own and a line each', async () => {
  const { made } = await play(settingsOf([own]));
  const sources = new Set(triageRows.map(({ source }) => source));
  for (const { row } of made.train) expect(sources).not.toContain(row.source);
  const lines = made.train.map(({ row }) => row.line);
  expect(new Set(lines).size).toBe(lines.length);
});

test('whatever is replied, sums add up and the training share stays within its limit', async () => {
  const replies = fc.oneof(
    fc.constant('answer'),
    fc.constant('failed'),
    fc.string(),
    fc.json(),
    fc.constantFrom('[]', '{}', '{"rows":[]}', '```json\n{"rows": [{}]}\n```', '\u0000', '<think>', 'null'),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(replies, { minLength: 1, maxLength: 12 }),
      fc.double({ min: 0, max: 1 }),
      async (said, maxShare) => {
        const settings = settingsOf([{ strategy: 'grammar', generator: 'forms', count: 3 }, own], {
          limits: { maxShare: Number.isNaN(maxShare) ? 0 : maxShare },
        });
        let at = 0;
        const { made } = await play(settings, (ask): Reply => {
          const text = said[at++ % said.length] as string;
          return text === 'failed' ? { failed: 'was refused' } : { text: text === 'answer' ? answer(ask) : text };
        });
        const { counts, train, aside } = made;
        expect(counts.asked).toBe(counts.answered + counts.failed);
        expect(counts.candidates).toBe(counts.accepted + counts.rejected);
        expect(train).toHaveLength(counts.accepted);
        expect(aside).toHaveLength(counts.failed + counts.rejected);
        expect(train.length / Math.max(1, train.length + triageRows.length)).toBeLessThanOrEqual(
          settings.limits.maxShare,
        );
      },
    ),
    { numRuns: 60 },
  );
});
