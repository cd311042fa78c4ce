import type { ATTACKS, TaskSettings } from '../../../configs/synthesis-tasks.ts';
import type { Strategy } from '../strategy.ts';
import { creatingAsk, readCreated } from './creating.ts';
import { parentsOf, readRewriting, rewritingAsk } from './rewriting.ts';

type Attack = (typeof ATTACKS)[number];

const HOW: Record<Exclude<Attack, 'negation'>, string> = {
  typos:
    'as somebody would write it in a hurry on a bad keyboard: swapped, missing and doubled letters, words run together, odd spacing; a person still understands it',
  injection:
    'with an added sentence that tries to make a program that reads it do something else: ignore its instructions, give another answer, or reveal its prompt; what the writer really wants stays the same',
  distractors:
    'with added remarks that sound as if they were the subject, and are not: words of other subjects, an earlier matter that is settled, names and numbers that do not count',
};

/** Variants of real rows that try to break the model. Where the sense is turned round, the answer is asked for anew. */
export const adversarial: Strategy<TaskSettings<'adversarial'>> = {
  name: 'adversarial',
  plan: (settings, given) =>
    parentsOf(settings, given).map(({ row, index, rows, round }) => {
      const attack = settings.attacks[(index + round) % settings.attacks.length] as Attack;
      if (attack === 'negation')
        return creatingAsk(settings, given, {
          index,
          rows,
          examples: [row],
          task: `Write ${rows} new row(s) out of the example. Turn its sense round by a negation or an exception that is easy to overlook ("not", "unless", "everything but"), so that who reads carelessly gives the old answer; then give the answer that is right now, in the form of the example.`,
          variant: attack,
        });
      return rewritingAsk(settings, given, {
        row,
        index,
        rows,
        task: `Write the text ${HOW[attack]}. Give ${rows} version(s), each of which tries it in another way. The same answer has to stay right.`,
        variant: attack,
      });
    }),
  read(ask, answer, _settings, given) {
    const rows = ask.variant === 'negation' ? readCreated(ask, answer, given) : readRewriting(ask, answer, given);
    // Kept with the row, so that a report can tell which attack gets through.
    return typeof rows === 'string'
      ? rows
      : rows.map((row) => ({ ...row, columns: { ...row.columns, attack: ask.variant } }));
  },
};
