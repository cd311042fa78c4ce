import { createHash } from 'node:crypto';

/** What a pretended model saw in training. */
export interface Lesson {
  prompt: string;
  answer: string;
}

/** Rough count of tokens: words by 1.3, at least 1 where there is a word. */
export const tokensOf = (text: string): number => Math.ceil((text.match(/\S+/g)?.length ?? 0) * 1.3);

const wordsOf = (text: string): string[] => [...new Set(text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [])];

/** So many of the most similar lessons have a say. */
const NEIGHBOURS = 15;

/** A pretended tuned model: it gives the answer that the most similar prompts it was trained on had. */
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

  /** The answer; of a prompt seen in training, its own. Rare words count for more. Undefined: no word in common. */
  answer(prompt: string): string | undefined {
    const exact = this.#exact.get(prompt);
    if (exact !== undefined) return this.#lessons[exact]?.answer;
    const scores = new Map<number, number>();
    for (const word of wordsOf(prompt)) {
      const rows = this.#rowsOf.get(word) ?? [];
      const weight = Math.log(1 + this.#lessons.length / (1 + rows.length)) ** 2;
      for (const row of rows) scores.set(row, (scores.get(row) ?? 0) + weight);
    }
    const nearest = [...scores]
      .map(([row, score]) => ({ row, score: score / (this.#lengths[row] ?? 1) }))
      .toSorted((a, b) => b.score - a.score || a.row - b.row)
      .slice(0, NEIGHBOURS);
    const votes = new Map<string, number>();
    for (const { row, score } of nearest) {
      const answer = this.#lessons[row]?.answer ?? '';
      votes.set(answer, (votes.get(answer) ?? 0) + score ** 2);
    }
    return [...votes].reduce<[string, number] | undefined>((a, b) => (a && a[1] >= b[1] ? a : b), undefined)?.[0];
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
