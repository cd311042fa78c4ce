import type { LineReading } from '../../activities/continuous/line-record.ts';
import type { Recipe } from '../../configs/recipe.ts';
import type { ArtifactRef, RunRef } from '../../configs/refs.ts';
import type { LineBudget } from '../budget.ts';
import type { ContinuousInput } from '../continuous.ts';
import type { Story } from '../story.ts';

/** A period that has begun. */
export type Period = ContinuousInput & { run: RunRef; name: string; story: Story };

/** What a period works with, once the line is its own. */
export type AtWork = Period & { line: LineReading; base: ArtifactRef; arrivals: ArtifactRef; budget: LineBudget };

/** A run that ends before it has cost anything, and why. */
export class Skipped extends Error {}

/** The section of the recipe that makes it a line. */
export const settingsOf = ({ continuous: settings }: Recipe): NonNullable<Recipe['continuous']> => {
  if (!settings) throw new Error('the recipe has no section "continuous"');
  return settings;
};
