import { fold } from '../safety/fold.ts';

/** Only the beginning is read: that is where the answer to a choice stands. */
const BEGINNING = 400;
/** Words that stand before a choice: `Answer: yes`, `答案：是`. */
const LEAD =
  /^(?:answer|decision|my answer is|my decision is|답변?|대답|결정|답안|回答|答案|决定|我的决定是)\s*(?:is\b|은|는|是)?[\s:：-]*/u;

/**
 * The number of the choice that an answer begins with, undefined where it begins with none: a choice that is named only
 * later may be the one that is turned down. A choice may be written `yes|yeah`.
 */
export function choiceOf(answer: string, choices: readonly string[]): number | undefined {
  const start = bare(answer.trimStart().slice(0, BEGINNING));
  const texts = [start, bare(start.replace(LEAD, ''))];
  // A longer choice goes first: `approve later` before `approve`.
  const forms = choices
    .flatMap((choice, index) => choice.split('|').map((form) => ({ index, form: bare(form) })))
    .filter(({ form }) => form !== '')
    .toSorted((a, b) => b.form.length - a.form.length);
  for (const text of texts) {
    const found = forms.find(({ form }) => text.startsWith(form) && isEnd(text, form));
    if (found) return found.index;
  }
  return undefined;
}

/** Lower case, plain forms, without marks in front such as quotes or asterisks. */
const bare = (text: string): string =>
  text
    .normalize('NFKC')
    .replace(/[\p{Cf}*_`"“”'‘’]/gu, '')
    .replace(/^[^\p{L}\p{N}]+/u, '')
    .toLowerCase();

/** `no` does not stand at the start of `nothing`; Korean and Chinese join on what follows. */
const isEnd = (text: string, form: string): boolean =>
  !(/[a-z0-9]$/.test(form) && /^[\p{Script=Latin}\p{N}]/u.test(text.slice(form.length)));

/** Whether two answers say the same text, but for case, white space and punctuation. */
export const sameText = (a: string, b: string): boolean => a === b || fold(a) === fold(b);
