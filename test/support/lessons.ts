import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Learned, type Lesson } from './learned.ts';

/** Lessons in a file, and how many of them a model had seen. */
export interface Learning {
  /** sha256 of the lessons; null: no data were read. */
  digest: string | null;
  /** 0 to 1: the first part of the lessons. */
  share: number;
}

/** Lessons that outlive the process, and the models that know them. */
export class Lessons {
  readonly #folder: string;
  readonly #kept = new WeakMap<readonly Lesson[], string>();
  readonly #minds = new Map<string, Learned>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Keeps lessons. @returns sha256 of them */
  keep(lessons: readonly Lesson[]): string {
    const kept = this.#kept.get(lessons);
    if (kept !== undefined) return kept;
    const text = JSON.stringify(lessons);
    const digest = createHash('sha256').update(text).digest('hex');
    if (!existsSync(this.#file(digest))) writeFileSync(this.#file(digest), text);
    this.#kept.set(lessons, digest);
    return digest;
  }

  /** A model that knows these. */
  mind(learned: readonly Learning[]): Learned {
    const key = JSON.stringify(learned);
    const known = this.#minds.get(key);
    if (known) return known;
    const mind = new Learned(learned.flatMap((one) => this.#read(one)));
    this.#minds.set(key, mind);
    return mind;
  }

  #read({ digest, share }: Learning): Lesson[] {
    if (digest === null) return [];
    const lessons = JSON.parse(readFileSync(this.#file(digest), 'utf8')) as Lesson[];
    return lessons.slice(0, Math.ceil(lessons.length * share));
  }

  #file(digest: string): string {
    return join(this.#folder, `lessons-${digest}.json`);
  }
}

/** What an earlier checkpoint knows: of the lessons that came last a quarter at first, all of them at the end. */
export function knownAt(learned: readonly Learning[], part: number): Learning[] {
  return learned.map((one, i) => (i < learned.length - 1 || part === 1 ? one : { ...one, share: 0.5 * part + 0.25 }));
}
