import { appendFileSync, fstatSync, mkdirSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';

/** One object put or taken away. */
export interface Change {
  kind: string;
  name: string;
  /** null: it is gone. */
  value: unknown;
}

/**
 * Objects by kind and name, kept as lines of one file that is only ever added to: what was put is there after a
 * `kill -9`, and processes that share the folder see each other's changes.
 */
export class Journal {
  readonly folder: string;
  readonly #file: string;
  readonly #fd: number;
  readonly #kinds = new Map<string, Map<string, unknown>>();
  #read = 0;

  constructor(folder: string, file = 'state.jsonl') {
    mkdirSync(folder, { recursive: true });
    this.folder = folder;
    this.#file = join(folder, file);
    this.#fd = openSync(this.#file, 'a+');
    this.#refresh();
    // A line that a kill cut short ends here, and is passed over.
    if (fstatSync(this.#fd).size > this.#read) appendFileSync(this.#file, '\n');
  }

  /** The object, or undefined. Not to be changed in place: put it anew. */
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller knows what it put there
  get<T>(kind: string, name: string): T | undefined {
    this.#refresh();
    return this.#kinds.get(kind)?.get(name) as T | undefined;
  }

  /** All objects of a kind, the oldest first. */
  all<T>(kind: string): [name: string, value: T][] {
    this.#refresh();
    return [...(this.#kinds.get(kind) ?? [])] as [string, T][];
  }

  /** Puts one object. */
  put(kind: string, name: string, value: unknown): void {
    this.change([{ kind, name, value }]);
  }

  /** Takes one object away. */
  remove(kind: string, name: string): void {
    this.change([{ kind, name, value: null }]);
  }

  /** Several changes at once: all of them outlive a kill, or none. */
  change(changes: readonly Change[]): void {
    appendFileSync(this.#file, `${JSON.stringify(changes)}\n`);
    this.#refresh();
  }

  #refresh(): void {
    const { size } = fstatSync(this.#fd);
    if (size <= this.#read) return;
    const bytes = Buffer.alloc(size - this.#read);
    readSync(this.#fd, bytes, 0, bytes.length, this.#read);
    // What follows the last line break is still being written.
    const whole = bytes.lastIndexOf('\n') + 1;
    this.#read += whole;
    const lines = bytes.toString('utf8', 0, whole).split('\n');
    for (const line of lines) this.#apply(line);
  }

  #apply(line: string): void {
    let changes: Change[];
    try {
      changes = JSON.parse(line) as Change[];
    } catch {
      return; // cut short by a kill
    }
    for (const { kind, name, value } of changes) {
      const objects = this.#kinds.get(kind) ?? new Map<string, unknown>();
      this.#kinds.set(kind, objects);
      if (value === null) objects.delete(name);
      else objects.set(name, value);
    }
  }
}
