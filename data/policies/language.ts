import type { PolicySettings } from '../../configs/policies.ts';
import { terminal } from '../../configs/failure.ts';
import { guessLanguage, knownLanguages, loadLanguages } from '../detect/language.ts';
import { tally } from '../detect/tally.ts';
import type { Row } from '../row.ts';
import { answerOf, promptOf, textOf } from '../row.ts';
import type { Policy } from './policy.ts';

/**
 * Rows in other languages than those allowed. What is asked, what is answered and a document are judged each on
 * their own; short ones and ones whose letters say too little are let through and counted as `unknown`.
 */
export const language: Policy<PolicySettings<'language'>> = {
  name: 'language',
  side: 'all',
  async start({ allow, minCharacters, action }) {
    await loadLanguages();
    const known = knownLanguages();
    const strange = allow.find((code) => !known.includes(code));
    if (strange !== undefined) {
      const message = `language shall allow "${strange}", which cannot be told apart: known are ${known.join(', ')}`;
      throw terminal('BadRecipe', message, { language: strange });
    }
    const found = tally();
    return {
      apply(row) {
        const guesses = partsOf(row).map(([name, text]) => {
          const trimmed = text.trim();
          return [name, trimmed.length < minCharacters ? undefined : guessLanguage(trimmed)] as const;
        });
        const wrong = guesses.find(([, guess]) => guess !== undefined && !allow.includes(guess));
        // A row counts once: as what it is taken out for, or as the first language seen in it.
        found.add(wrong?.[1] ?? guesses.find(([, guess]) => guess !== undefined)?.[1] ?? 'unknown', row);
        if (!wrong) return undefined;
        return { out: action, why: `${wrong[0]} is in ${wrong[1]}, allowed: ${allow.join(', ')}` };
      },
      findings: found.findings,
    };
  },
};

function partsOf(row: Row): [string, string][] {
  const asked = promptOf(row).filter(({ role }) => role === 'user');
  return [
    ['the prompt', asked.map(textOf).join('\n')],
    ['the answer', answerOf(row)],
    ...(row.document ? [['the document', row.document.text] as [string, string]] : []),
  ];
}
