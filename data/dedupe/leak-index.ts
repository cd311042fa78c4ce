import type { Row } from '../row.ts';
import { GramPostings } from './gram-postings.ts';
import { Grams } from './grams.ts';
import { IdTable } from './id-table.ts';
import { Numbers } from './numbers.ts';
import { askedIn, spokenIn } from './spoken.ts';
import { Words } from './words.ts';

/** A row of a test set. */
type Item = Row & { reference?: string };

/** Where a training row repeats a test row. */
export interface Leak {
  set: string;
  /** Line of the test row. */
  line: number;
  /** prompt: the same prompt, but for white space. message: one message says the same words. words: runs of words. */
  by: 'prompt' | 'message' | 'words';
  /** Share of the test row, or of its prompt, that is repeated, 0 to 1. */
  share: number;
}

/**
 * Test rows by their runs of words, so that a training row is held against all of them in one pass over its own
 * words. A prompt and a whole test row are judged apart, so that a long answer does not hide a repeated prompt.
 */
export class LeakIndex {
  private readonly size: number;
  private readonly minShare: number;
  private readonly words = new Words();
  private readonly grams: Grams;
  private readonly postings = new GramPostings();
  private readonly ids = new IdTable();
  private readonly prompts = new IdTable();
  /** Whole messages of fewer words than a run. */
  private readonly messages = new IdTable();
  private readonly sets: string[] = [];
  private readonly items = {
    set: new Numbers(),
    line: new Numbers(),
    /** Runs that count, in the prompt and in all of the row; and those found in the present row. */
    asked: new Numbers(),
    all: new Numbers(),
    hitAsked: new Numbers(),
    hitAll: new Numbers(),
    round: new Numbers(),
  };
  private readonly ofItem = Object.values(this.items);
  private round = 0;
  private isReady = false;

  constructor(gram: number, minShare: number) {
    this.size = gram;
    this.minShare = minShare;
    this.grams = new Grams(gram);
    // Number 0 means none.
    for (const numbers of this.ofItem) numbers.push(0);
  }

  /** Takes a test set in; its name is what people are told. */
  async add(name: string, rows: Iterable<Item> | AsyncIterable<Item>): Promise<void> {
    const set = this.sets.push(name) - 1;
    let taken = 0;
    for await (const row of rows) if (this.addItem(set, row)) taken += 1;
    this.postings.endSet(taken);
    this.isReady = false;
  }

  /** The test row that a row repeats most of, if it repeats enough of any. */
  find(row: Row): Leak | undefined {
    if (!this.isReady) this.finish();
    const prompt = row.messages.length === 0 ? 0 : this.prompts.getId(row.promptId);
    if (prompt !== 0) return this.leak(prompt, 'prompt', 1);
    if (this.items.line.length === 1) return undefined;
    const { words } = this;
    words.clear();
    for (const text of spokenIn(row)) {
      const start = words.length;
      words.add(text);
      const count = words.length - start;
      if (count === 0 || count >= this.size) continue;
      const message = this.messages.get(...this.spell(start));
      if (message !== 0) return this.leak(message, 'message', 1);
    }
    return words.length < this.size ? undefined : this.findGrams();
  }

  /** Test rows, their different runs of words, and how many of those are a template's and so ignored. */
  get held(): { rows: number; grams: number; template: number } {
    return { rows: this.items.line.length - 1, ...this.postings.held };
  }

  private findGrams(): Leak | undefined {
    const { items, postings } = this;
    const { high, low, length } = this.grams.read(this.words);
    const touched: number[] = [];
    this.round += 1;
    const { round } = this;
    const count = (item: number, isAsked: boolean): void => {
      if (items.round.at(item) !== round) {
        items.round.set(item, round);
        items.hitAsked.set(item, 0);
        items.hitAll.set(item, 0);
        touched.push(item);
      }
      items.hitAll.set(item, items.hitAll.at(item) + 1);
      if (isAsked) items.hitAsked.set(item, items.hitAsked.at(item) + 1);
    };
    for (let i = 0; i < length; i += 1) {
      const gram = postings.find(high[i] as number, low[i] as number, round);
      if (gram !== 0) postings.forEachItem(gram, count);
    }
    let [best, most] = [0, 0];
    for (const item of touched) {
      const asked = items.hitAsked.at(item) / Math.max(1, items.asked.at(item));
      const share = Math.max(asked, items.hitAll.at(item) / items.all.at(item));
      if (share > most) [best, most] = [item, share];
    }
    return best !== 0 && most >= this.minShare ? this.leak(best, 'words', most) : undefined;
  }

  /** Whether the row was new; one that an earlier set holds, too, goes by that set's name. */
  private addItem(set: number, row: Item): boolean {
    const item = this.items.line.length;
    if (this.ids.addId(row.id, item) !== 0) return false;
    // A document asks nothing, and so has the same empty prompt as all documents.
    const isNewPrompt = row.messages.length === 0 || this.prompts.addId(row.promptId, item) === 0;
    for (const numbers of this.ofItem) numbers.push(0);
    this.items.set.set(item, set);
    this.items.line.set(item, row.line);
    const { words, size } = this;
    const texts = row.reference === undefined ? askedIn(row) : spokenIn(row);
    const answers = row.reference === undefined ? spokenIn(row).slice(texts.length) : [row.reference];
    words.clear();
    for (const text of texts) words.add(text);
    const asked = words.length;
    if (asked > 0 && asked < size) this.messages.add(...this.spell(0), item);
    for (const text of answers) words.add(text);
    if (asked > 0 && words.length < size) this.messages.add(...this.spell(0), item);
    if (words.length < size) return true;
    const { high, low, length } = this.grams.read(words);
    for (let i = 0; i < length; i += 1)
      // Rows that ask the same are one when it is told what all rows of a set share.
      this.postings.post(high[i] as number, low[i] as number, item, i + size <= asked, isNewPrompt);
    return true;
  }

  /** Counts the runs of each test row; only now, since one set can show another's template. */
  private finish(): void {
    const { all, asked } = this.items;
    for (let item = 1; item < all.length; item += 1) {
      all.set(item, 0);
      asked.set(item, 0);
    }
    this.postings.forEach((item, isAsked) => {
      all.set(item, all.at(item) + 1);
      if (isAsked) asked.set(item, asked.at(item) + 1);
    });
    this.postings.seal();
    this.isReady = true;
  }

  /** The words from `start` as one run, whatever their number below that of a run. */
  private spell(start: number): [high: number, low: number] {
    const { hashes, length } = this.words;
    const { high, low } = this.grams.read({ hashes: hashes.subarray(start, length), length: length - start });
    return [high[0] as number, low[0] as number];
  }

  private leak(item: number, by: Leak['by'], share: number): Leak {
    return { set: this.sets[this.items.set.at(item)] ?? '', line: this.items.line.at(item), by, share };
  }
}
