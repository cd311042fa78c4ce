import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeVendorFiles } from '../../../../adapters/vertex/rows.ts';
import { limitsOf, type Limits } from '../../../../configs/limits.ts';
import { RecipeSchema } from '../../../../configs/recipe.ts';
import { identify, type Message } from '../../../../data/row.ts';
import { weighForVendor } from '../../../../worker/datasets/vendor.ts';
import type { Preflight } from '../../../../worker/preflight.ts';
import { emptyFolder } from '../../support/folder.ts';

const name = 'gemini-2.5-flash-lite';
const limits = limitsOf(name) as Limits;
const tune = RecipeSchema.shape.tune.parse({ provider: 'vertex' });

function rows(...weights: (0 | 1)[]): string {
  const path = join(emptyFolder(), 'rows.jsonl');
  const lines = weights.map((weight, i) => {
    const messages: Message[] = [
      { role: 'user', content: `où est le colis ${i}?`, weight: 0 },
      { role: 'assistant', content: '日本', weight },
    ];
    return `${JSON.stringify(identify({ messages }, 0, i + 1))}\n`;
  });
  writeFileSync(path, lines.join(''));
  return path;
}

async function weighed(train: string, of: Partial<Limits> = {}): Promise<Preflight> {
  const report: Preflight = { problems: [], notes: [], bytes: { data: 0, model: 0 } };
  const model = { name, limits: { ...limits, ...of }, counter: 'not public' };
  await weighForVendor(model, tune, train, report, ({ line }) => `line ${line}`);
  return report;
}

test('answers that Vertex AI would learn though they weigh 0 are told by line; other weights change nothing', async () => {
  expect((await weighed(rows(1, 0, 1))).notes).toEqual([
    'the form of vertex has no place for message weight, so answers of weight 0 are learned as well: line 2',
  ]);
  expect((await weighed(rows(1, 1))).notes).toEqual([]);
});

test('a training file may have as many bytes as the limit says, and not one more', async () => {
  const train = rows(1, 1, 1);
  const { bytes } = (await writeVendorFiles(train, emptyFolder(), { settings: tune, limits, base: name })).train;
  expect((await weighed(train, { maxFileBytes: bytes })).problems).toEqual([]);
  expect((await weighed(train, { maxFileBytes: bytes - 1 })).problems).toMatchObject([{ path: 'data.train.uri' }]);
});
