import { join } from 'node:path';
import { z } from 'zod';
import { gcsRows } from '../adapters/google/storage/rows.ts';
import type { Patience } from '../adapters/google/storage/persist.ts';
import type { StorageSettings } from '../adapters/google/storage/client.ts';
import type { FarFiles } from '../data/sources/far.ts';
import { cacheDir } from '../scripts/toolchain.js';
import type { Home } from './home.ts';

/** For a person who waits: a bucket that does not answer is told of in a second. */
export const SHORT_PATIENCE: Patience = { tries: 3, pauseMs: 100 };

/** Rows that lie elsewhere; copies are kept for a day in the state folder, or without one in the cache folder. */
export const farFiles = (home?: Home, settings: StorageSettings = {}, patience?: Patience): FarFiles =>
  gcsRows({
    ...settings,
    patience,
    folder: home ? join(home.cache, 'sources') : join(cacheDir(), 'sources'),
  });

const Recipe = z.object({
  google: z.object({ project: z.string().optional(), userProject: z.string().optional() }).optional(),
});

/** Who asks and who pays, as a recipe says. */
export const settingsIn = (recipe: unknown): StorageSettings => Recipe.safeParse(recipe).data?.google ?? {};
