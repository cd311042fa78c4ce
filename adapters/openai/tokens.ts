import { limitsOf, type Limits } from '../../configs/limits.ts';
import type { OpenAiTuning } from '../../configs/tune-openai.ts';
import type { Message, Row } from '../../data/row.ts';
import { textsOf } from '../../data/row.ts';
import { openaiCounter } from '../../data/tokens/openai.ts';
import { roughCounter } from '../../data/tokens/rough.ts';
import { TerminalError } from '../../configs/failure.ts';

/** The limits of a model of OpenAI; of others nothing is known. */
export function openAiLimits(base: string): Limits | undefined {
  const limits = limitsOf(base);
  return limits?.vendor === 'openai' ? limits : undefined;
}

/** About what a picture is billed as, in tokens. */
const TOKENS_A_PICTURE = 1105;

/** Tokens of a row in one pass over it, guessed, rather too many than too few; `exact`: counted for models of OpenAI. */
export async function passTokens(base: string, { exact }: { exact: boolean }): Promise<(row: Row) => number> {
  const limits = openAiLimits(base);
  const most = limits?.maxTokens ?? Number.POSITIVE_INFINITY;
  const rough = roughCounter();
  const counter = exact && limits ? await openaiCounter('o200k_base') : undefined;
  const countText = (text: string): number => counter?.countText(text) ?? rough.countText(text).high;
  const countRow = (row: Row): number => counter?.countRow(row) ?? rough.countRow(row).high;
  const count = (row: Row): number => {
    try {
      return countRow(row);
    } catch (error) {
      // Pictures: what they become, only the vendor knows.
      if (!(error instanceof TerminalError)) throw error;
      return countText(textsOf(row).join('\n')) + picturesIn(row) * TOKENS_A_PICTURE;
    }
  };
  return (row) => {
    const { chosen, rejected, ...prompt } = row;
    if (!chosen || !rejected) return Math.min(count(row), most);
    // Both answers are read, each behind the prompt.
    const behind = (answer: Message[]): number => count({ ...prompt, messages: [...row.messages, ...answer] });
    return Math.min(behind(chosen), most) + Math.min(behind(rejected), most);
  };
}

const picturesIn = ({ messages }: Row): number =>
  messages.flatMap(({ content }) => (Array.isArray(content) ? content : [])).filter(({ type }) => type !== 'text')
    .length;

/**
 * How often each row is learned. `auto` is what OpenAI's cookbook says of it ("Data preparation and analysis for chat
 * model fine-tuning"): three times, more of few rows, less of many.
 */
export function epochsOf(epochs: OpenAiTuning['epochs'], rows: number): number {
  if (typeof epochs === 'number') return epochs;
  if (rows === 0) return 0;
  if (rows * 3 < 100) return Math.min(25, Math.floor(100 / rows));
  return rows * 3 > 25_000 ? Math.max(1, Math.floor(25_000 / rows)) : 3;
}
