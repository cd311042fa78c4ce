import type { PolicySettings } from '../../configs/policies.ts';
import type { Message, Row } from '../row.ts';
import { promptOf, textOf } from '../row.ts';
import type { Policy } from './policy.ts';

/** Characters of what is asked and of the answers; grounding documents are neither and let through. */
export const length: Policy<PolicySettings<'length'>> = {
  name: 'length',
  side: 'all',
  start(settings) {
    return {
      apply(row) {
        const why = row.document ? undefined : reasonFor(row, settings);
        return why === undefined ? undefined : { out: settings.action, why };
      },
    };
  },
};

function reasonFor(row: Row, settings: PolicySettings<'length'>): string | undefined {
  const { minPrompt, maxPrompt = Infinity, minAnswer, maxAnswer = Infinity } = settings;
  const prompt = promptOf(row);
  const last = characters(textOf(prompt.findLast(({ role }) => role === 'user') ?? NOTHING).trim());
  if (last < minPrompt) return `the last user message has ${last} characters, fewest: ${minPrompt}`;
  const asked = maxPrompt === Infinity ? 0 : prompt.reduce((sum, message) => sum + spoken(message), 0);
  if (asked > maxPrompt) return `the prompt has ${asked} characters, most: ${maxPrompt}`;
  for (const [name, answer] of answersOf(row)) {
    const size = answer.reduce((sum, message) => sum + spoken(message), 0);
    // A call has no text that could be too short.
    if (size < minAnswer && !answer.some(hasCalls)) return `${name} has ${size} characters, fewest: ${minAnswer}`;
    if (size > maxAnswer) return `${name} has ${size} characters, most: ${maxAnswer}`;
  }
  return undefined;
}

const NOTHING: Message = { role: 'user', content: null };

function answersOf({ messages, chosen, rejected }: Row): [string, Message[]][] {
  if (chosen || rejected) {
    return [
      ...(chosen ? [['chosen', chosen] as [string, Message[]]] : []),
      ...(rejected ? [['rejected', rejected] as [string, Message[]]] : []),
    ];
  }
  return messages.at(-1)?.role === 'assistant' ? [['the answer', messages.slice(-1)]] : [];
}

const hasCalls = ({ tool_calls }: Message): boolean => tool_calls !== undefined && tool_calls.length > 0;

const spoken = (message: Message): number =>
  (message.tool_calls ?? []).reduce(
    (sum, call) => sum + call.function.name.length + characters(call.function.arguments),
    characters(textOf(message).trim()),
  );

/** Unicode characters: the two halves of one outside the basic plane are one. */
function characters(text: string): number {
  const pairs = text.match(/[\ud800-\udbff][\udc00-\udfff]/g);
  return text.length - (pairs?.length ?? 0);
}
