import type { PolicySettings } from '../../configs/policies.ts';
import { LeakIndex, type Leak } from '../dedupe/leak-index.ts';
import type { Policy } from './policy.ts';

/** Takes out training rows that repeat a test row, whatever their line breaks, case and punctuation. */
export const decontaminate: Policy<PolicySettings<'decontaminate'>> = {
  name: 'decontaminate',
  side: 'train',
  start: async ({ against, gram, minShare, action }, world) => {
    const index = new LeakIndex(gram, minShare);
    // The test set of this run is the first.
    const sets = against === 'own' ? world.evalSets.slice(0, 1) : world.evalSets;
    for (const { name, rows } of sets) await index.add(name, rows);
    const hits = new Map<string, { prompt: number; message: number; words: number }>();
    return {
      apply(row) {
        const leak = index.find(row);
        if (!leak) return undefined;
        const counts = hits.get(leak.set) ?? { prompt: 0, message: 0, words: 0 };
        counts[leak.by] += 1;
        hits.set(leak.set, counts);
        const why = tell(leak);
        return action === 'report' ? { note: why } : { out: action, why };
      },
      findings: () => ({
        against: { sets: sets.length, ...index.held },
        hits: [...hits].map(([set, counts]) => ({
          set,
          rows: counts.prompt + counts.message + counts.words,
          ...counts,
        })),
      }),
    };
  },
};

function tell({ set, line, by, share }: Leak): string {
  const row = `test row at line ${line} of ${JSON.stringify(set)}`;
  if (by === 'prompt') return `its prompt is the ${row}`;
  if (by === 'message') return `a message says the same words as the ${row}`;
  return `repeats ${Math.floor(share * 100)} % of the ${row}`;
}
