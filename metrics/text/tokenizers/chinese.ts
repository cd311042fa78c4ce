import { trim } from '../words.ts';
import { splitWestern } from './western.ts';

/**
 * First and last characters of the blocks whose characters sacrebleu's `zh` sets apart.
 *
 * Its list means to name U+20000 to U+2A6D6 and U+2F800 to U+2FA1D, but spells them as U+2000 followed by "0" and so
 * on; compared as texts, these bounds take in U+2001 to U+2A6D and U+2F81 to U+2FA1, and nothing above U+FFFF.
 */
const BLOCKS: readonly (readonly [number, number])[] = [
  [0x2001, 0x2a6d],
  [0x2e80, 0x2eff],
  [0x2f00, 0x2fdf],
  [0x2ff0, 0x2fff],
  [0x3000, 0x303f],
  [0x3100, 0x312f],
  [0x31a0, 0x31bf],
  [0x31c0, 0x31ef],
  [0x3200, 0x32ff],
  [0x3300, 0x33ff],
  [0x3400, 0x4db5],
  [0x4e00, 0x9fbb],
  [0xf900, 0xfa2d],
  [0xfa30, 0xfa6a],
  [0xfa70, 0xfad9],
  [0xfe10, 0xfe1f],
  [0xfe30, 0xfe4f],
  [0xff00, 0xffef],
];

const isChinese = (code: number): boolean =>
  code > 0x2000 && BLOCKS.some(([first, last]) => code >= first && code <= last);

/** The tokens of sacrebleu's `zh`: each Chinese character alone, the rest split the Western way. */
export const tokenizeChinese = (text: string): string[] => splitWestern(trim(text), false, isChinese);
