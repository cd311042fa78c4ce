import { limitsOf } from '../../configs/limits.ts';
import type { Row } from '../row.ts';
import type { TokenCounter, TokenRange } from './counter.ts';
import { openaiCounter } from './openai.ts';
import { roughCounter } from './rough.ts';

/** How the tokens of a vendor's model are counted; `guess` says why they are only guessed. */
export interface VendorCounter {
  counter: TokenCounter;
  guess?: string;
  /** Where they are guessed: what a row has at least. A row is too long only when this says so. */
  atLeast?: (row: Row) => number;
}

/** Counts as a vendor's model does; where its tokenizer is not public, guesses from the characters. */
export async function vendorCounter(model: string): Promise<VendorCounter> {
  if (limitsOf(model)?.vendor === 'openai') return { counter: await openaiCounter('o200k_base') };
  const rough = roughCounter();
  return {
    counter: {
      name: rough.name,
      countRow: (row: Row) => middle(rough.countRow(row)),
      countText: (text) => middle(rough.countText(text)),
    },
    atLeast: (row) => rough.countRow(row).low,
    guess: `the tokenizer of ${model} is not public: tokens are guessed from the characters`,
  };
}

const middle = ({ low, high }: TokenRange): number => Math.round((low + high) / 2);
