import { expect, test } from 'vitest';
import { crossCheck, RecipeSchema, type Recipe } from '../../../configs/recipe.ts';
import { checkRemoteModel } from '../../../worker/check-remote.ts';

const written = (model: object, tune: object, more: object = {}): Record<string, unknown> => ({
  name: 'triage',
  store: 'gs://bucket/prefix',
  data: { train: { uri: 'train.jsonl' }, test: { uri: 'test.jsonl' } },
  model,
  tune,
  ...more,
});
const read = (...of: Parameters<typeof written>): Recipe => RecipeSchema.parse(written(...of));
const problemsOf = (...of: Parameters<typeof written>): string[] => {
  const report = { problems: [], notes: [] };
  checkRemoteModel(read(...of), report);
  return report.problems.map(({ path, message }) => `${String(path)}: ${String(message)}`);
};
const VERTEX = { provider: 'vertex' };

test('a recipe that lets a vendor train a folder of this machine is told how to name a model of the vendor', () => {
  expect(crossCheck(written({ base: './base' }, VERTEX))).toEqual([
    {
      path: ['model', 'base'],
      message:
        'vertex tunes models of its own, and ./base lies on this machine: name one of them, e.g. model: { for: { vertex: gemini-2.5-flash-lite } }',
    },
  ]);
  expect(crossCheck(written({ base: './base', for: { vertex: 'gemini-2.5-flash' } }, VERTEX))).toEqual([]);
  expect(crossCheck(written({ base: './base' }, {}))).toEqual([]);
  expect(problemsOf({ base: '/models/base' }, VERTEX)).toEqual([
    'model.base: vertex tunes models of its own, and /models/base lies on this machine: name one of them under model.for',
  ]);
});

test('models of another vendor, and ways of tuning that a model does not have, are told before anything is paid', () => {
  expect(problemsOf({ base: 'x', for: { vertex: 'gemini-2.5-flash' } }, VERTEX)).toEqual([]);
  expect(problemsOf({ base: 'x', for: { vertex: 'gpt-4.1-nano' } }, VERTEX)).toEqual([
    'model.for.vertex: gpt-4.1-nano is a model of openai, and tune.provider is vertex: name one of vertex under model.for, or change the provider',
  ]);
  const preference = { ...VERTEX, objective: 'preference' };
  expect(problemsOf({ base: 'x', for: { vertex: 'gemini-2.5-pro' } }, preference)[0]).toMatch(
    /^tune\.objective: gemini-2\.5-pro cannot be tuned by preference .* only by sft$/,
  );
});

test('settings that Vertex AI refuses are told with their field before anything runs', () => {
  const model = { base: 'x', for: { vertex: 'gemini-2.5-flash' } };
  const of = (vertex: object, more: object = {}): string[] => problemsOf(model, { ...VERTEX, vertex, ...more });
  expect(of({ adapterSize: 32 })[0]).toMatch(/^tune\.vertex\.adapterSize: gemini-2\.5-flash takes .*, found 32/);
  expect(of({ beta: 0.1 })).toEqual(['tune.vertex.beta: is for tune.objective preference alone: remove it']);
  expect(of({ lastCheckpointOnly: true }, { choose: { checkpoint: 'best' } })[0]).toMatch(/lastCheckpointOnly: keeps/);
  expect(problemsOf(model, VERTEX, { google: { location: 'global' } })).toEqual([
    'google.location: Vertex AI tunes in a region: set it, e.g. to us-central1',
  ]);
});

test('a price that is not known is a problem, with the field that gives it', () => {
  const model = { base: 'x', for: { vertex: 'gemini-9-flash' } };
  expect(problemsOf(model, VERTEX)).toEqual([
    'tune.price: no price is known for gemini-9-flash: give tune.price: { training: … } in the recipe, in US dollars for a million tokens, if vertex still tunes it: it is none of the models known here, and may be misspelt or retired',
    'evaluate.price: no price is known for gemini-9-flash: give evaluate.price: { inputPerMillion: …, outputPerMillion: … } in the recipe, in US dollars for a million tokens',
  ]);
  const evaluate = { price: { inputPerMillion: 0.1, outputPerMillion: 0.4 } };
  expect(problemsOf(model, { ...VERTEX, price: { training: 2 } }, { evaluate })).toEqual([]);
  // Where checkpoints are asked, that is billed as well.
  const best = { ...VERTEX, price: { training: 2 }, choose: { checkpoint: 'best' } };
  expect(problemsOf(model, best, { evaluate })[0]).toMatch(
    /: give tune\.price: \{ input: …, output: … \} in the recipe/,
  );
  const whole = { training: 2, input: 0.1, output: 0.4 };
  expect(problemsOf(model, { ...best, price: whole }, { evaluate })).toEqual([]);
});
