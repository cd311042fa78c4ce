import type { TaskSettings } from '../../../configs/synthesis-tasks.ts';
import { seedOf } from '../random.ts';
import { sample } from '../seeds.ts';
import type { Strategy } from '../strategy.ts';
import { parentsOf, readRewriting, rewritingAsk } from './rewriting.ts';

const PERSONAS = [
  'a retired teacher who is exact about words',
  'a student who writes from a phone on a train',
  'a parent with a small child on one arm',
  'a nurse after a night shift',
  'a shop owner who buys for resale',
  'an engineer who gives every detail',
  'somebody who writes in a second language and makes small mistakes',
  'a lawyer who refers to what was agreed',
  'a farmer far away from any town',
  'a teenager who uses the slang of the day',
  'a very polite person who apologises for asking',
  'an angry customer of many years',
  'somebody who asks on behalf of an old neighbour',
  'a traveller with little time and bad reception',
  'a cook in the middle of the lunch rush',
  'an accountant who counts in dates and amounts',
  'a musician who wanders off the subject',
  'a new customer who does not know the terms used here',
  'somebody with poor sight who dictates',
  'a craftsman who names parts and measures',
  'a cheerful person who likes to joke',
  'a worried person who fears the worst',
  'an office clerk who writes by template',
  'a collector who knows more than the seller',
];

const STYLES = [
  'in one short line',
  'in a long message with its history told first',
  'without capitals and punctuation',
  'as a list of points',
  'formally, with greeting and closing',
  'as a question only',
  'as a statement, with the question left unsaid',
  'in the words of a spoken message',
  'with abbreviations',
  'with the most important thing at the very end',
  'with some words misspelt',
  'matter-of-factly',
];

/** The same request as other people would write it; the answer stays as it is. */
export const persona: Strategy<TaskSettings<'persona'>> = {
  name: 'persona',
  plan: (settings, given) =>
    parentsOf(settings, given).map(({ row, index, rows }) => {
      const seed = seedOf(given.seed, given.task ?? 0, 'persona', index);
      const [who = ''] = sample(settings.personas ?? PERSONAS, 1, seed);
      const [how = ''] = sample(settings.styles ?? STYLES, 1, seed + 1);
      return rewritingAsk(settings, given, {
        row,
        index,
        rows,
        task: `Write the text as it would come from ${who}, ${how}; ${rows} version(s). Keep its language and what is wanted, so that the same answer stays right. Do not say who writes.`,
        variant: `${who}, ${how}`,
      });
    }),
  read: (ask, answer, _settings, given) => readRewriting(ask, answer, given),
};
