import { closeSync, openSync, writeSync } from 'node:fs';
import { createRandom, createSpeech } from './support.ts';

/** Answers of fewer characters are filtered out; a fifth of the rows has such. */
export const SHORTEST_ANSWER = 20;

const SENTENCES = 8192;
const PIECE = 1 << 20;

/**
 * Writes a chat JSONL of about 430 bytes a row. A tenth of the rows repeats an earlier one, half of those with other
 * white space; a fifth has an answer that is too short. Gives the bytes written.
 */
export function writeChatRows(path: string, rows: number): number {
  const speak = createSpeech(createRandom(3));
  const sentences = Array.from({ length: SENTENCES }, (_, i) => `${speak(7 + (i % 9)).join(' ')}.`);
  const random = createRandom(5);
  const file = openSync(path, 'w');
  let bytes = 0;
  let pending = '';
  const flush = (): void => {
    const piece = Buffer.from(pending);
    for (let done = 0; done < piece.length;) done += writeSync(file, piece, done);
    bytes += piece.length;
    pending = '';
  };
  try {
    for (let i = 0; i < rows; i += 1) {
      const repeats = i % 10 === 9;
      // An original is every row but the last of ten.
      const earlier = Math.floor(random() * i);
      const [question, answer] = conversation(repeats ? earlier - (earlier % 10 === 9 ? 1 : 0) : i, sentences);
      const asked = i % 20 === 19 ? `${question.replace(' ', '  ')}\n` : question;
      const row = {
        messages: [
          { role: 'system', content: 'You answer customers of a shop.' },
          { role: 'user', content: asked },
          { role: 'assistant', content: answer },
        ],
        score: Math.round(random() * 1000) / 1000,
        length: asked.length + answer.length,
      };
      pending += `${JSON.stringify(row)}\n`;
      if (pending.length >= PIECE) flush();
    }
    flush();
  } finally {
    closeSync(file);
  }
  return bytes;
}

/** The n-th conversation, always the same. */
function conversation(n: number, sentences: readonly string[]): [question: string, answer: string] {
  const random = createRandom(n);
  const say = (count: number): string =>
    Array.from({ length: count }, () => sentences[Math.floor(random() * SENTENCES)] as string).join(' ');
  const question = `${n}: ${say(2)}`;
  return [question, random() < 0.2 ? 'No, sorry.' : say(1 + Math.floor(random() * 2))];
}
