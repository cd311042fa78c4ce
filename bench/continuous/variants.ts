import { RecipeSchema, type Recipe } from '../../configs/recipe.ts';

/** What a line is tuned with: the recipe as it is usual, or with one part of it taken out. */
export type Variant =
  | 'usual'
  | 'no replay'
  | 'no guard'
  | 'no replay, no guard'
  | 'no spending'
  | 'no harm on a slice'
  | 'proof on every slice';

export const VARIANTS: Record<Variant, string> = {
  usual: 'replay.share 0.3; forgetting.margin 0.1, together; gate.looks.spend harmonic; all are the defaults',
  'no replay': 'replay.share 0',
  'no guard': 'forgetting.margin 100',
  'no replay, no guard': 'both',
  'no spending': 'gate.looks.spend none',
  'no harm on a slice': 'forgetting.require noHarm',
  'proof on every slice': 'forgetting.require proof',
};

const REQUIRE: Partial<Record<Variant, 'noHarm' | 'proof'>> = {
  'no harm on a slice': 'noHarm',
  'proof on every slice': 'proof',
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
        require: REQUIRE[variant] ?? 'together',
      },
    },
  });
}
