import { RecipeSchema, type Recipe } from '../../configs/recipe.ts';

/** What a line is tuned with: the recipe as it is usual, or with one part of it taken out. */
export type Variant =
  | 'usual'
  | 'no replay'
  | 'no guard'
  | 'no replay, no guard'
  | 'no spending'
  | 'proof on every slice';

export const VARIANTS: Record<Variant, string> = {
  usual: 'replay.share 0.3; forgetting.margin 0.1, noHarm; gate.looks.spend harmonic',
  'no replay': 'replay.share 0',
  'no guard': 'forgetting.margin 100',
  'no replay, no guard': 'both',
  'no spending': 'gate.looks.spend none',
  'proof on every slice': 'forgetting.require proof',
};

/** The recipe of a line whose rows come from files of a week. */
export function recipeOf(name: string, variant: Variant, uri: string): Recipe {
  return RecipeSchema.parse({
    name,
    data: {
      train: { uri },
      split: { test: 0.35 },
      template: { prompt: '{{q}}', completion: '{{a}}' },
      prepare: [{ policy: 'dedupe' }],
    },
    model: { base: '/simulated/base' },
    gate: { looks: { spend: variant === 'no spending' ? 'none' : 'harmonic' } },
    continuous: {
      minNewRows: 20,
      replay: { share: variant.includes('no replay') ? 0 : 0.3 },
      forgetting: {
        margin: variant.includes('no guard') ? 100 : 0.1,
        require: variant === 'proof on every slice' ? 'proof' : 'noHarm',
      },
    },
  });
}
