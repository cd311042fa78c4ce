import type { Feedback } from '../row.ts';
import { kindOf } from './flaw.ts';
import type { Format } from './format.ts';
import { lostBeside, unwritable } from './losses.ts';
import type { Strays } from './strays.ts';
import { readPair, trlRow, writePair } from './prompt-completion.ts';
import { isReason, textAt, withRest } from './rest.ts';

const USED: ReadonlySet<string> = new Set([
  'prompt',
  'completion',
  'tools',
  'label',
  'rating',
  'comment',
  'correction',
]);

/** Answers and what a person thought of them: TRL's unpaired preference, with rating, comment and correction. */
export const feedback: Format = {
  name: 'feedback',
  fits: ({ prompt, completion, label, rating, comment, correction }) =>
    prompt != null &&
    completion != null &&
    (typeof label === 'boolean' ||
      typeof rating === 'number' ||
      typeof comment === 'string' ||
      typeof correction === 'string'),
  read(value, options) {
    const strays: Strays = {};
    const content = readPair(value, strays);
    if (typeof content === 'string') return content;
    if (value['completion'] == null) return 'has no "completion"';
    const judged = readFeedback(value);
    if (typeof judged === 'string') return judged;
    content.feedback = judged;
    const used = typeof value['label'] === 'boolean' ? USED : WITHOUT_LABEL;
    return withRest(content, value, used, { ...options, label: used === USED ? undefined : options.label }, strays);
  },
  write(row) {
    if (!row.feedback) return unwritable('has no feedback');
    const { good, ...others } = row.feedback;
    const lost = lostBeside(
      row,
      good === undefined ? ['tools', 'feedback', 'label', 'columns'] : ['tools', 'feedback', 'columns'],
    );
    const pair = writePair(row, lost);
    if (typeof pair === 'string') return unwritable(pair);
    if (!('completion' in pair)) return unwritable('has feedback on no answer');
    const { label: _label, ...unlabelled } = row;
    return trlRow(
      { ...pair, ...(good === undefined ? {} : { label: good }), ...others },
      good === undefined ? row : unlabelled,
      lost,
    );
  },
};

const WITHOUT_LABEL: ReadonlySet<string> = new Set([...USED].filter((key) => key !== 'label'));

function readFeedback(value: Record<string, unknown>): Feedback | string {
  const found: Feedback = {};
  const { label, rating } = value;
  if (typeof label === 'boolean') found.good = label;
  if (typeof rating === 'number') found.rating = rating;
  else if (rating !== undefined && rating !== null) return `has a rating that is ${kindOf(rating)}, expected a number`;
  for (const key of ['comment', 'correction'] as const) {
    const text = textAt(value, key);
    if (isReason(text)) return text.reason;
    if (text !== undefined) found[key] = text;
  }
  return Object.keys(found).length > 0 ? found : 'has no label (true or false), rating, comment or correction';
}
