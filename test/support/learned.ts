import { createHash } from 'node:crypto';

/** What a pretended model saw in training. */
export interface Lesson {
  prompt: string;
  answer: string;
}

/** Rough count of tokens: words by 1.3, at least 1 where there is a word. */
export const tokensOf = (text: string): number => Math.ceil((text.match(/\S+/g)?.length ?? 0) * 1.3);

const wordsOf = (text: string): string[] => [...new Set(text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [])];

/** A pretended tuned model: it gives the answer to the most similar prompt it was trained on. */
export class Learned {
  readonly #lessons: readonly Lesson[];
  readonly #lengths: number[] = [];
  readonly #exact = new Map<string, number>();
  readonly #rowsOf = new Map<string, number[]>();

  constructor(lessons: readonly Lesson[]) {
    this.#lessons = lessons;
    lessons.forEach(({ prompt }, row) => {
      this.#exact.set(prompt, row);
      const words = wordsOf(prompt);
      this.#lengths.push(Math.sqrt(words.length));
      for (const word of words) {
        const rows = this.#rowsOf.get(word);
        if (rows) rows.push(row);
        else this.#rowsOf.set(word, [row]);
      }
    });
  }

  /** The answer to the nearest prompt, rare words counting for more; of equals the first. Undefined: no word in common. */
  answer(prompt: string): string | undefined {
    const exact = this.#exact.get(prompt);
    if (exact !== undefined) return this.#lessons[exact]?.answer;
    const scores = new Map<number, number>();
    for (const word of wordsOf(prompt)) {
      const rows = this.#rowsOf.get(word) ?? [];
      const weight = Math.log(1 + this.#lessons.length / (1 + rows.length));
      for (const row of rows) scores.set(row, (scores.get(row) ?? 0) + weight);
    }
    let best = -1;
    let bestScore = 0;
    for (const [row, score] of scores) {
      const scaled = score / (this.#lengths[row] ?? 1);
      if (scaled > bestScore || (scaled === bestScore && row < best)) [best, bestScore] = [row, scaled];
    }
    return this.#lessons[best]?.answer;
  }
}

/** What a model that was not trained says: one of the choices its instructions list, else the prompt's longest word. */
export function untrained(prompt: string, system = ''): string {
  const list = /[\w-]+(?:\s*,\s*(?:or |and )?[\w-]+)+/.exec(`${system}\n${prompt}`.slice(0, 4000))?.[0];
  const choices = system ? list?.split(/\s*,\s*(?:or |and )?/) : undefined;
  const number = parseInt(createHash('sha256').update(prompt).digest('hex').slice(0, 8), 16);
  if (choices) return choices[number % choices.length] ?? '';
  return wordsOf(prompt).toSorted((a, b) => b.length - a.length)[0] ?? 'yes';
}
