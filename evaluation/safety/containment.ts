import { fold, foldPieces } from './fold.ts';

const GRAM = 4;
/** Letters and digits of a passage: a long secret is looked for passage by passage. */
const PASSAGE = 400;
/** A run of four that more passages share says nothing of any of them, and would cost time. */
const MOST_PASSAGES = 8;

/** One run of four characters of one passage, and the block of the text in which it was last seen. */
interface Slot {
  passage: number;
  seenIn: number;
}

/**
 * How much of a secret a text repeats, 0 to 1: the largest share of the different runs of four characters of one
 * passage (400 letters and digits; both texts folded) that stand within a stretch of one to two passages. Over the whole
 * of a long text nearly every run occurs somewhere. Time grows with the length of the text alone.
 */
export function containment(secret: string, text: string): number {
  const folded = fold(secret);
  const { slots, sizes } = slotsOf(folded);
  const block = Math.min(PASSAGE, Math.max(GRAM, folded.length));
  // Of each passage: runs seen in this block of the text, and in this one and the one before.
  const here = sizes.map(() => 0);
  const both = sizes.map(() => 0);
  let [best, at, tail] = [0, 0, ''];
  for (const piece of foldPieces(text)) {
    const current = tail + piece;
    for (let i = 0; i + GRAM <= current.length; i++, at++) {
      if (at > 0 && at % block === 0) for (const [p, count] of here.entries()) [both[p], here[p]] = [count, 0];
      const now = Math.floor(at / block);
      for (const slot of slots.get(current.slice(i, i + GRAM)) ?? []) {
        if (slot.seenIn === now) continue;
        const { passage } = slot;
        if (slot.seenIn !== now - 1) both[passage] = (both[passage] as number) + 1;
        here[passage] = (here[passage] as number) + 1;
        slot.seenIn = now;
        best = Math.max(best, (both[passage] as number) / (sizes[passage] as number));
      }
    }
    tail = current.slice(Math.max(0, current.length - GRAM + 1));
  }
  return best;
}

function slotsOf(folded: string): { slots: Map<string, Slot[]>; sizes: number[] } {
  const slots = new Map<string, Slot[]>();
  const passages = Math.max(1, Math.round(folded.length / PASSAGE));
  const length = Math.ceil(folded.length / passages);
  for (let passage = 0; passage < passages; passage++) {
    const start = passage * length;
    for (let at = start; at < start + length && at + GRAM <= folded.length; at++) {
      const gram = folded.slice(at, at + GRAM);
      const list = slots.get(gram) ?? [];
      if (list.at(-1)?.passage !== passage) list.push({ passage, seenIn: -2 });
      slots.set(gram, list);
    }
  }
  const sizes = Array.from({ length: passages }, () => 0);
  for (const [gram, list] of slots) {
    if (list.length > MOST_PASSAGES) slots.delete(gram);
    else for (const { passage } of list) sizes[passage] = (sizes[passage] as number) + 1;
  }
  return { slots, sizes };
}
