import type { eld as Detector } from 'eld/small';

const SLICE = 300;
let detector: typeof Detector | undefined;

/** Loads what {@link guessLanguage} knows about letters, 0.3 s once. */
export async function loadLanguages(): Promise<void> {
  const { eld } = await import('eld/small');
  // Addresses and codes say nothing about the language around them.
  eld.enableTextCleanup(true);
  detector = eld;
}

/** ISO 639-1 codes of the languages that can be told apart; needs {@link loadLanguages} first. */
export const knownLanguages = (): string[] => Object.values(loaded().info().Languages);

/**
 * The language a text is in, an ISO 639-1 code, or undefined where its letters say too little; needs
 * {@link loadLanguages} first. Of a long text its beginning, middle and end are looked at.
 */
export function guessLanguage(text: string): string | undefined {
  const eld = loaded();
  if (text.length <= 2 * SLICE) {
    const guess = eld.detect(text);
    return guess.language !== '' && guess.isReliable() ? guess.language : undefined;
  }
  const middle = Math.floor((text.length - SLICE) / 2);
  const votes = new Map<string, number>();
  for (const start of [0, middle, text.length - SLICE]) {
    const guess = eld.detect(text.slice(start, start + SLICE));
    if (guess.language === '' || !guess.isReliable()) continue;
    votes.set(guess.language, (votes.get(guess.language) ?? 0) + 1);
  }
  let best: string | undefined;
  for (const [language, count] of votes) if (best === undefined || count > votes.get(best)!) best = language;
  return best;
}

function loaded(): typeof Detector {
  if (!detector) throw new Error('guessLanguage() was called before loadLanguages() was done');
  return detector;
}
