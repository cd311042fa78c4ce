import type { PolicySettings } from '../../configs/policies.ts';
import { changeTexts, identifyAgain } from '../detect/row-text.ts';
import { findSecrets, redactSecrets } from '../detect/secrets.ts';
import type { SecretKind } from '../detect/secrets.ts';
import { tally } from '../detect/tally.ts';
import type { Policy } from './policy.ts';

/** Keys and passwords in any text of a row: counted, replaced, or the row taken out. */
export const secrets: Policy<PolicySettings<'secrets'>> = {
  name: 'secrets',
  side: 'all',
  start({ action }) {
    const found = tally();
    return {
      apply(row) {
        const seen = new Set<SecretKind>();
        const changed = changeTexts(row, (text, context) => {
          const spans = findSecrets(text, context);
          if (spans.length === 0) return text;
          for (const { kind } of spans) {
            seen.add(kind);
            found.add(kind, row);
          }
          return action === 'redact' ? redactSecrets(text, context) : text;
        });
        if (seen.size === 0) return undefined;
        const names = [...seen].toSorted().join('+');
        if (action === 'redact') return { row: identifyAgain(changed), why: names };
        return action === 'report' ? { note: names } : { out: action, why: `secrets: ${names}` };
      },
      findings: found.findings,
    };
  },
};
