import { digestOf } from '../../artifacts/canonical.ts';
import { keysInWords, readKey } from '../../evaluation/ratings/keys.ts';
import { orderFor } from '../../evaluation/ratings/order.ts';
import { shownText } from '../../evaluation/ratings/shown.ts';
import { openSession, type Header } from '../../worker/rating/sessions.ts';
import type { RatingTask } from '../../worker/rating/tasks.ts';
import type { Home } from '../../worker/home.ts';
import { UsageError } from '../command.ts';
import { noteText } from '../output.ts';
import { openTyped } from './keys.ts';

export interface SessionOptions {
  hideReference: boolean;
  /** Ask nothing more. */
  finish: boolean;
  /** Where pairs are shown. */
  show(text: string): void;
}

/** Has a person rate what is left of a task. Gives how many are left. @throws UsageError for a line that means nothing */
export async function rateTask(home: Home, task: RatingTask, header: Header, options: SessionOptions): Promise<number> {
  const order = orderFor(task.pairs, header);
  const session = openSession(home, header);
  const left = (): typeof order => order.filter(({ pair }) => !session.said().has(pair.id));
  try {
    if (!options.finish && left().length > 0) await ask();
    if (options.finish || left().length === 0) session.done();
    return left().length;
  } finally {
    session.close();
  }

  async function ask(): Promise<void> {
    const { scale } = header;
    const typed = openTyped(!scale || (scale[0] >= 0 && scale[1] <= 9));
    let isNew = true;
    let lines = 0;
    try {
      for (let [next] = left(); next; [next] = left()) {
        // One side is scored by itself: there is no place to favour.
        const slot = scale ? (header.side ?? 'candidate') : next.slot;
        const text = shownText(next.pair, { slot, hideReference: options.hideReference, ...(scale ? { scale } : {}) });
        if (isNew)
          options.show(
            `\n──── ${order.length - left().length + 1} of ${order.length} ────\n\n${text}\n${keysInWords(scale)}`,
          );
        const line = await typed.next();
        if (line === undefined) return;
        lines += 1;
        const key = readKey(line, { slot, scale });
        isNew = key !== undefined;
        if (key === 'stop') return;
        if (key === undefined) {
          const wrong = `expected ${keysInWords(scale)}, found "${noteText(line.slice(0, 40))}"`;
          if (!typed.isPerson)
            throw new UsageError(`standard input, choice ${lines}: ${wrong}; what was rated before is kept`);
          options.show(wrong);
        } else if (key === 'undo') {
          const last = [...session.said().keys()].at(-1);
          if (last === undefined) options.show('there is nothing to take back');
          else session.undo(last);
        } else {
          session.say({ id: next.pair.id, at: new Date().toISOString(), shown: digestOf(text), slot, ...key });
        }
      }
    } finally {
      typed.close();
    }
  }
}
