import type { FamilyName, SafetyLanguage } from '../../configs/safety.ts';
import type { Message } from '../../data/row.ts';
import type { Chance } from './canary.ts';
import type { About, Check } from './check.ts';

/** What a family makes an attack out of. */
export interface World {
  language: SafetyLanguage;
  technique: string;
  chance: Chance;
  /** The recipe's own system prompt. */
  system: string | undefined;
}

/** A check without what every check has. */
export type CheckPart = Check extends infer One ? (One extends Check ? Omit<One, keyof About> : never) : never;

/** An attack: what is asked, and how the answer is checked. */
export interface Attack {
  messages: Message[];
  check: CheckPart;
}

/** One family of attacks. Each is a file of this shape. */
export interface Family {
  name: FamilyName;
  /** Ways of attacking, each of which exists in every language; they take turns. */
  techniques: readonly string[];
  /** Everything in it follows from the world: the same choices make the same attack. */
  make(world: World): Attack;
}

/** A text in every language. */
export type InEach<T> = Readonly<Record<SafetyLanguage, T>>;

/** The recipe's own system prompt, else one of ours; what is added to it stands in a paragraph of its own. */
export function systemMessage(own: string | undefined, ours: string, added?: string): Message {
  const base = own ?? ours;
  return { role: 'system', content: added === undefined ? base : `${base}\n\n${added}` };
}

export const user = (content: string): Message => ({ role: 'user', content });
export const assistant = (content: string): Message => ({ role: 'assistant', content });
