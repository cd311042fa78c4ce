import type { PolicySettings } from '../../configs/policies.ts';
import type { PiiKind } from '../detect/pii.ts';
import { changeTexts, identifyAgain } from '../detect/row-text.ts';
import { tally } from '../detect/tally.ts';
import type { Policy } from './policy.ts';

/** Personal data in any text of a row: counted, replaced, or the row taken out. */
export const pii: Policy<PolicySettings<'pii'>> = {
  name: 'pii',
  side: 'all',
  async start({ action, kinds, countries }) {
    // With the numbering plans of all countries: only for who looks for them.
    const { findPii, redactPii } = await import('../detect/pii.ts');
    const found = tally();
    return {
      apply(row) {
        const seen = new Set<PiiKind>();
        const changed = changeTexts(row, (text, context) => {
          const options = { kinds, countries, context };
          const spans = findPii(text, options);
          if (spans.length === 0) return text;
          for (const { kind } of spans) {
            seen.add(kind);
            found.add(kind, row);
          }
          return action === 'redact' ? redactPii(text, options) : text;
        });
        if (seen.size === 0) return undefined;
        const names = [...seen].toSorted().join('+');
        if (action === 'redact') return { row: identifyAgain(changed), why: names };
        return action === 'report' ? { note: names } : { out: action, why: `personal data: ${names}` };
      },
      findings: found.findings,
    };
  },
};
