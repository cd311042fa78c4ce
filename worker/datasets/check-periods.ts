import { findArtifact } from '../../artifacts/ledger/artifacts.ts';
import { datasetAt } from '../../artifacts/ledger/datasets.ts';
import type { Recipe } from '../../configs/recipe.ts';
import { rowsIn } from '../../data/lines.ts';
import type { Row } from '../../data/row.ts';
import type { EarlierSplit } from '../../data/split.ts';
import type { Shelf } from './open.ts';

/** What is said where the test rows of a period cannot prove that nothing was lost, even if no answer changes. */
export function thinSlice({ continuous, gate }: Recipe, rows: number): string[] {
  if (!continuous || continuous.forgetting.require === 'noHarm') return [];
  const { margin } = continuous.forgetting;
  const needed = Math.ceil(Math.log(1 - gate.confidence) / Math.log(1 - Math.min(0.99, margin)));
  return rows >= needed
    ? []
    : [
        `${rows} test rows a period cannot prove that no more than ${margin} is lost, it takes ${needed} whose answers do not change at all: larger periods (continuous.minNewRows), a larger share of test rows, a larger continuous.forgetting.margin, or require: noHarm`,
      ];
}

/** Whether a set came out of these very rows in an earlier period; a run takes used rows out before it looks. */
export const isOwnSlice = ({ name, continuous }: Recipe, set: string): boolean =>
  continuous !== undefined && set === `${name}.test`;

/** What the last run of a pipeline decided, to which a stratified split keeps. */
export async function lastSplit({ ledger, store }: Shelf, name: string): Promise<EarlierSplit | undefined> {
  const last = await datasetAt(ledger, name, 'latest');
  if (!last) return undefined;
  const meta = JSON.parse((await findArtifact(ledger, last.digest))?.meta_json ?? '{}') as { trainedOn?: string };
  const promptsOf = async (digest: string | undefined): Promise<Set<string>> => {
    const prompts = new Set<string>();
    if (digest !== undefined) for (const row of rowsIn<Row>(await store.path(digest))) prompts.add(row.promptId);
    return prompts;
  };
  return { test: await promptsOf(last.digest), train: await promptsOf(meta.trainedOn) };
}
