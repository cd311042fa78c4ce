import type { PolicySettings } from '../../configs/policies.ts';
import { terminal } from '../../configs/failure.ts';
import { changeTexts, identifyAgain } from '../detect/row-text.ts';
import { canBreak, escapeSpecialTokens, findSpecialTokens } from '../detect/special-tokens.ts';
import { tally } from '../detect/tally.ts';
import type { Policy } from './policy.ts';

/** Control tokens of chat formats inside texts that a template will put into a prompt, tool descriptions included. */
export const specialTokens: Policy<PolicySettings<'specialTokens'>> = {
  name: 'specialTokens',
  side: 'all',
  start({ action, tokens }) {
    const unbreakable = action === 'escape' ? tokens.find((token) => !canBreak(token)) : undefined;
    if (unbreakable !== undefined) {
      const message = `specialTokens shall escape ${JSON.stringify(unbreakable)}, but a zero-width joiner cannot break it up: use quarantine or drop, or leave it out of tokens`;
      throw terminal('BadRecipe', message, { token: unbreakable });
    }
    const found = tally();
    return {
      apply(row) {
        const seen = new Set<string>();
        const changed = changeTexts(
          row,
          (text) => {
            const spans = findSpecialTokens(text, tokens);
            if (spans.length === 0) return text;
            for (const { kind } of spans) {
              seen.add(nameOf(kind));
              found.add(nameOf(kind), row);
            }
            return action === 'escape' ? escapeSpecialTokens(text, tokens) : text;
          },
          { columns: false, tools: true },
        );
        if (seen.size === 0) return undefined;
        const [first = ''] = seen;
        if (action === 'refuse') {
          const message = `line ${row.line} holds the control token ${first}: specialTokens refuses such rows; mend the row, or set action to quarantine, drop or escape`;
          throw terminal('SpecialTokens', message, { source: row.source, line: row.line, token: first });
        }
        if (action === 'escape') return { row: identifyAgain(changed), why: [...seen].join(', ') };
        return action === 'report' ? { note: first } : { out: action, why: `control token ${first}` };
      },
      findings: found.findings,
    };
  },
};

// What stands between the bars may be anything a person wrote, and that belongs in no statistics.
const nameOf = (token: string): string =>
  /^<[|\uff5c]/.test(token) && !/^<[|\uff5c][\w\u2581]{1,40}[|\uff5c]>$/.test(token) ? '<|\u2026|>' : token;
