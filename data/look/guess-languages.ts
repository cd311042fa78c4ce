import { eld } from 'eld/small';

/** ISO 639-1 codes of the languages that texts are in; `unknown` where the guess is not reliable. */
export const guessLanguages = (texts: readonly string[]): string[] =>
  texts.map((text) => {
    const guess = eld.detect(text.toWellFormed());
    return guess.language !== '' && guess.isReliable() ? guess.language : 'unknown';
  });
