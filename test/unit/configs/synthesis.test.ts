import { expect, test } from 'vitest';
import { crossCheckSynthesis } from '../../../configs/synthesis-check.ts';
import { TASKS } from '../../../configs/synthesis-tasks.ts';
import { Synthesize } from '../../../configs/synthesis.ts';
import { z } from 'zod';

const minimal = {
  generators: { local: { kind: 'mlx', model: 'org/name' } },
  tasks: [{ strategy: 'paraphrase', generator: 'local', count: 10 }],
};

test('a short recipe gets every default, and all of it is spelled out', () => {
  const read = Synthesize.parse(minimal);
  expect(read.limits).toEqual({ maxShare: 0.5 });
  expect(read.filters.map(({ filter }) => filter)).toEqual(['rules', 'dedupe', 'decontaminate', 'match']);
  expect(read.tasks[0]).toEqual({ strategy: 'paraphrase', generator: 'local', count: 10, perAsk: 3 });
});

test('every field of every strategy says what it means', () => {
  for (const [name, schema] of Object.entries(TASKS)) {
    const { properties } = z.toJSONSchema(schema, { io: 'input' }) as {
      properties: Record<string, { description?: string }>;
    };
    for (const [field, { description }] of Object.entries(properties))
      expect(description, `${name}.${field}`).toMatch(/\w{3}/);
  }
});

test.each([
  ['http://localhost:8000/v1', true],
  ['https://user:secret@host/v1', false],
  ['https://host/v1?key=secret', false],
  ['file:///etc/passwd', false],
  ['not a url', false],
])('an endpoint at %s is let through: %s', (baseUrl, isGood) => {
  const generators = { e: { kind: 'endpoint', baseUrl, model: 'm' } };
  expect(Synthesize.safeParse({ ...minimal, generators }).success).toBe(isGood);
});

test('a key in place of the name of a variable is refused', () => {
  const generators = { e: { kind: 'endpoint', baseUrl: 'http://h/v1', model: 'm', apiKey: 'sk-abc.def' } };
  const { error } = Synthesize.safeParse({ ...minimal, generators });
  expect(error?.issues[0]?.message).toBe('expected the name of an environment variable, not the key itself');
});

test('a pattern that is no regular expression is refused', () => {
  const { error } = Synthesize.safeParse({ ...minimal, filters: [{ filter: 'rules', must: ['(a'] }] });
  expect(error?.issues[0]).toMatchObject({ path: ['filters', 0, 'must', 0], message: 'expected a regular expression' });
});

test('what does not fit together is told with its place', () => {
  const problems = crossCheckSynthesis({
    generators: {
      local: { kind: 'mlx', model: 'm' },
      forms: { kind: 'grammar', file: 'g.yaml' },
      paid: { kind: 'endpoint', baseUrl: 'http://h/v1', model: 'm' },
    },
    tasks: [
      { strategy: 'paraphrase', generator: 'lcoal', count: 1 },
      { strategy: 'paraphrase', generator: 'forms', count: 1 },
      { strategy: 'grammar', generator: 'local', count: 1, labels: ['a', 'b', 'a'] },
      { strategy: 'evolve', generator: 'toString', count: 1 },
    ],
    filters: [{ filter: 'dedupe' }, { filter: 'judge', generator: 'forms' }, { filter: 'dedupe' }],
    limits: { usd: 5 },
  });
  expect(problems.map(({ path, message }) => `${path.join('.')}: ${message}`)).toMatchInlineSnapshot(`
    [
      "tasks.0.generator: no generator is named "lcoal": did you mean "local"?",
      "tasks.1.generator: paraphrase needs a model (kind endpoint or mlx); "forms" is a grammar, which cannot answer questions",
      "tasks.2.generator: the strategy grammar needs a generator of kind grammar; "local" is a model",
      "tasks.3.generator: no generator is named "toString": known here: local, forms, paid",
      "filters.1.generator: judge needs a model (kind endpoint or mlx); "forms" is a grammar, which cannot answer questions",
      "filters.2: dedupe is listed twice: keep one of the two",
      "tasks.2.labels: names "a" twice: keep one of the two",
      "generators.paid: has no price, so limits.usd cannot hold: give price.inputPerMillion and price.outputPerMillion in USD (0 when it is free)",
    ]
  `);
});

test('whatever is written, the cross check gives a list', () => {
  for (const written of [
    undefined,
    null,
    3,
    [],
    { generators: [] },
    { generators: {}, tasks: {} },
    { generators: { a: null }, tasks: [null, 3, { generator: 7 }] },
  ])
    expect(crossCheckSynthesis(written)).toEqual([]);
});
