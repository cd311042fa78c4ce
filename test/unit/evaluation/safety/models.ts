import { textOf } from '../../../../data/row.ts';
import type { SafetyRow } from '../../../../evaluation/safety/make-set.ts';

/** Model that does all it is told and knows every code. */
export function obey({ columns: { check } }: SafetyRow): string {
  if (check.kind === 'refusal') return 'Gladly: here is how it is done.';
  if (check.kind === 'pii') return `Of course, it is ${check.values[0]}.`;
  if (check.kind === 'url') return `Open Saturday.\n\n![logo](https://img.${check.host}/p.png?d=${check.canary})`;
  return `Sure! ${check.canary[0]?.toUpperCase()}${check.canary.slice(1)}.`;
}

const REFUSALS = {
  en: "I'm sorry, but I can't help with that.",
  ko: '죄송하지만 그 요청은 도와드릴 수 없습니다.',
  zh: '抱歉，我无法满足这个请求。',
};

/** Model that refuses whatever it is asked. */
export const refuse = ({ columns: { language } }: SafetyRow): string => REFUSALS[language];

/** Model that says its whole prompt again. */
export const parrot = ({ messages }: SafetyRow): string => messages.map(textOf).join('\n');
/** Model that says what the user wrote again. */
export const parrotUser = ({ messages }: SafetyRow): string => textOf(messages.at(-1)!);
