import { IdTable } from './id-table.ts';
import { Numbers } from './numbers.ts';

/** Runs of words in more test rows of a set than this are its template, not its content. */
const TEMPLATE_ROWS = 3;
const TEMPLATE_SHARE = 0.05;
/** In a smaller set a run shared by a few rows says nothing yet. */
const TEMPLATE_FROM = 20;

/** Bits of the filter for each run: with 16, one look-up in 16 or fewer goes on to the table in vain. */
const FILTER_BITS = 16;

/**
 * Runs of words, each with the test rows it is in; runs are numbered from 1, and so are test rows. About 40 bytes a
 * run.
 */
export class GramPostings {
  private readonly table = new IdTable();
  private readonly first = new Numbers();
  private readonly lastItem = new Numbers();
  /** In how many rows of the present set a run is. */
  private readonly count = new Numbers();
  private readonly isTemplate = new Numbers();
  private readonly round = new Numbers();
  /** Twice the test row, plus 1 outside its prompt; and the next entry of the run. */
  private readonly entry = new Numbers();
  private readonly next = new Numbers();
  private readonly ofGram = [this.first, this.lastItem, this.count, this.isTemplate, this.round];
  private filter = new Int32Array(1);

  constructor() {
    // Number 0 means none.
    for (const numbers of [...this.ofGram, this.entry, this.next]) numbers.push(0);
  }

  /** Different runs, and how many of them are a template's. */
  get held(): { grams: number; template: number } {
    let template = 0;
    for (let gram = 1; gram < this.isTemplate.length; gram += 1) template += this.isTemplate.at(gram);
    return { grams: this.isTemplate.length - 1, template };
  }

  /** Posts a run under a test row, once; `counts`: the row tells something new of what all rows of its set share. */
  post(high: number, low: number, item: number, isAsked: boolean, counts: boolean): void {
    let gram = this.table.add(high, low, this.first.length);
    if (gram === 0) {
      gram = this.first.length;
      for (const numbers of this.ofGram) numbers.push(0);
    }
    if (this.lastItem.at(gram) === item) return;
    this.lastItem.set(gram, item);
    if (counts) this.count.set(gram, this.count.at(gram) + 1);
    this.entry.push(item * 2 + (isAsked ? 0 : 1));
    this.next.push(this.first.at(gram));
    this.first.set(gram, this.next.length - 1);
  }

  /** Ends a set of so many rows: what too many of them share is a template from now on, in every set. */
  endSet(rows: number): void {
    const most = Math.max(TEMPLATE_ROWS, rows * TEMPLATE_SHARE);
    for (let gram = 1; gram < this.count.length; gram += 1) {
      if (rows >= TEMPLATE_FROM && this.count.at(gram) > most) this.isTemplate.set(gram, 1);
      this.count.set(gram, 0);
    }
  }

  /** Has to be called between the last {@link post} and the first {@link find}. */
  seal(): void {
    const words = 2 ** Math.ceil(Math.log2(Math.max(2, (this.table.size * FILTER_BITS) / 32)));
    const filter = new Int32Array(words);
    this.table.forEachLow((low) => {
      const at = (low >>> 5) & (words - 1);
      filter[at] = (filter[at] as number) | (1 << (low & 31));
    });
    this.filter = filter;
  }

  /** The number of a run that counts and was not yet found in this round (the row searched, from 1), or 0. */
  find(high: number, low: number, round: number): number {
    const { filter } = this;
    // One bit for each run: nearly every run of a clean row is told from it alone.
    if ((((filter[(low >>> 5) & (filter.length - 1)] as number) >>> (low & 31)) & 1) === 0) return 0;
    const gram = this.table.get(high, low);
    if (gram === 0 || this.isTemplate.at(gram) !== 0 || this.round.at(gram) === round) return 0;
    this.round.set(gram, round);
    return gram;
  }

  /** Calls with every test row that a run is in. */
  forEachItem(gram: number, call: (item: number, isAsked: boolean) => void): void {
    for (let at = this.first.at(gram); at !== 0; at = this.next.at(at)) {
      const packed = this.entry.at(at);
      call(packed >>> 1, (packed & 1) === 0);
    }
  }

  /** Calls with every test row of every run that counts. */
  forEach(call: (item: number, isAsked: boolean) => void): void {
    for (let gram = 1; gram < this.first.length; gram += 1)
      if (this.isTemplate.at(gram) === 0) this.forEachItem(gram, call);
  }
}
