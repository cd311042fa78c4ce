import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Generator, JobState, Models, Tuner } from '../../adapters/contracts.ts';
import type { Recipe } from '../../configs/recipe.ts';
import { RecipeSchema } from '../../configs/recipe.ts';

/** What the faked outside world does; a test changes it before a run. */
export interface World {
  /** How many of the test rows (by their number) a model gets right: `base`, or the seed it was tuned with. */
  right: (model: 'base' | number, row: number) => boolean;
  /** What `poll` says of a training job. */
  poll: () => JobState;
  /** How often a job is asked after by activities of their own, in ms; undefined: one activity watches it. */
  pollEveryMs?: number | undefined;
  /** Called before the base is resolved; may throw. */
  resolve: () => void;
  /** Called before a candidate is evaluated. */
  generate: () => Promise<void>;
  /** What was asked of the outside world, in order. */
  calls: string[];
}

export const calmWorld = (): World => ({
  right: (model) => model !== 'base',
  poll: () => ({ state: 'succeeded' }),
  pollEveryMs: undefined,
  resolve: () => undefined,
  generate: () => Promise.resolve(),
  calls: [],
});

const hex = '0'.repeat(64);

/** Stand-ins for trainer, generator and model store, driven by a world. */
export function fakeOutside(world: World, folder: string): { tuner: Tuner; generator: Generator; models: Models } {
  const seeds = new Map<string, number>();
  const base = join(folder, 'base');
  mkdirSync(base, { recursive: true });
  writeFileSync(join(base, 'config.json'), '{"model_type":"fake"}');
  return {
    tuner: {
      identity: async () => ({ tuner: 'fake', version: '1' }),
      get pollEveryMs() {
        return world.pollEveryMs;
      },
      submit: async (key, { settings, start }) => {
        // The store names a folder by its digest: the first digits are enough to know it by.
        const from = start === undefined ? '' : ` from ${basename(start).slice(0, 12)}`;
        world.calls.push(`submit ${settings.seed}${from}`);
        seeds.set(key, settings.seed);
      },
      poll: async () => world.poll(),
      collect: async (key) => {
        const output = join(folder, 'jobs', key);
        await mkdir(output, { recursive: true });
        await writeFile(join(output, 'adapter.json'), JSON.stringify({ seed: seeds.get(key) }));
        return {
          folder: output,
          kind: 'adapter',
          steps: 10,
          finalLoss: 0.5,
          trainedTokens: 100,
          droppedCount: 0,
          seconds: 1,
          chatTemplateSha256: hex,
          tokenizerSha256: hex,
          curve: [{ step: 10, loss: 0.5 }],
          device: 'fake',
        };
      },
      cancel: async () => void world.calls.push('cancel'),
      release: async () => undefined,
      log: async () => '',
      slots: async () => ({ resource: 'trainer:fake', slots: 1 }),
      pause: async () => void world.calls.push('pause'),
    },
    generator: {
      identity: async () => ({ generator: 'fake' }),
      generate: async (key, { adapter, prompts }) => {
        await world.generate();
        world.calls.push(`generate ${key.split('.').at(-1)}`);
        const model =
          adapter === undefined
            ? 'base'
            : Number((JSON.parse(await readFile(join(adapter, 'adapter.json'), 'utf8')) as { seed: number }).seed);
        const rows = (await readFile(prompts, 'utf8'))
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as { id: string; line: number; reference: string });
        const output = join(folder, 'jobs', key);
        await mkdir(output, { recursive: true });
        const predictions = join(output, 'predictions.jsonl');
        await writeFile(
          predictions,
          rows
            .map(
              ({ id, line, reference }) =>
                `${JSON.stringify({ id, text: world.right(model, line) ? reference : 'wrong' })}\n`,
            )
            .join(''),
        );
        return {
          predictions,
          promptTokens: 10,
          completionTokens: 10,
          seconds: 1,
          chatTemplateSha256: hex,
          tokenizerSha256: hex,
        };
      },
    },
    models: {
      resolve: async () => {
        world.resolve();
        return { folder: base, files: ['config.json'] };
      },
    },
  };
}

/** A recipe on rows that are written into a folder. */
export async function fakeRecipe(
  folder: string,
  name: string,
  changed: { seed?: number; minGain?: number } = {},
): Promise<Recipe> {
  const rows = (count: number, side: string): string =>
    Array.from(
      { length: count },
      (_, i) => `${JSON.stringify({ q: `${side} question ${i}`, a: `answer ${i % 7}` })}\n`,
    ).join('');
  await mkdir(folder, { recursive: true });
  const [train, test] = [join(folder, `${name}-train.jsonl`), join(folder, `${name}-test.jsonl`)];
  await writeFile(train, rows(30, `train ${name}`));
  await writeFile(test, rows(60, `test ${name}`));
  return RecipeSchema.parse({
    name,
    data: { train: { uri: train }, test: { uri: test }, template: { prompt: '{{q}}', completion: '{{a}}' } },
    model: { base: '/fake/base' },
    tune: { seed: changed.seed ?? 1 },
    gate: { minGain: changed.minGain ?? 0 },
  });
}
