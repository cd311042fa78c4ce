import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Recipe } from '../../configs/recipe.ts';

/** What the trainer writes beside an adapter's weights. */
const AdapterConfig = z.object({
  fine_tune_type: z.string(),
  lora_parameters: z.object({ rank: z.number(), scale: z.number(), keys: z.array(z.string()).optional() }),
  num_layers: z.number(),
});

/** The setting by which a tuned model's folder cannot be gone on from; undefined: it can. */
export async function misfit(folder: string, { method, lora }: Recipe['tune']): Promise<string | undefined> {
  const text = await readFile(join(folder, 'adapter_config.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return method === 'full' ? undefined : 'method';
  const { fine_tune_type, lora_parameters, num_layers } = AdapterConfig.parse(JSON.parse(text));
  if (fine_tune_type !== method) return 'method';
  if (lora_parameters.rank !== lora.rank) return 'rank';
  if (lora_parameters.scale !== lora.scale) return 'scale';
  // All layers are written as their number, which a small model may also have been given.
  if (lora.layers !== -1 && num_layers !== lora.layers) return 'number of layers';
  const keys = (list: readonly string[] | undefined): string => (list ?? []).toSorted().join(' ');
  if (lora.keys !== undefined && keys(lora_parameters.keys) !== keys(lora.keys)) return 'choice of modules';
  return undefined;
}
