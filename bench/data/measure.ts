import { measureDecontaminate } from './decontaminate.ts';
import { measureNearDuplicates } from './near-duplicates.ts';
import { measurePipeline } from './pipeline.ts';
import type { Figure, RowName } from './support.ts';
import { measureSynthesis } from './synthesis.ts';
import { measureTokens } from './tokens.ts';

const MEASURES: Record<RowName, (options: { quick: boolean }) => Promise<Figure[]>> = {
  pipeline: measurePipeline,
  'near-duplicates': measureNearDuplicates,
  decontaminate: measureDecontaminate,
  tokens: measureTokens,
  synthesis: measureSynthesis,
};

/** The process of one row: measure.ts ROW [--quick]. Its figures are the last line it prints, as JSON. */
const [name, ...options] = process.argv.slice(2);
const figures = await MEASURES[name as RowName]({ quick: options.includes('--quick') });
console.log(JSON.stringify(figures));
