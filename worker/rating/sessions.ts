import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { hexOf } from '../../artifacts/canonical.ts';
import { chanceOf } from '../../evaluation/ratings/draw.ts';
import type { Pair, Rating, Side } from '../../evaluation/ratings/rating.ts';
import type { Home } from '../home.ts';

/** How answers are rated: as pairs, or one side of them by itself. */
export interface Mode {
  scale?: readonly [number, number];
  /** Which side is scored. */
  side?: Side;
}

/** Whose session it is. */
export interface Header extends Mode {
  task: string;
  rater: string;
  seed: number;
}

/** A word on a row, kept with what was shown. */
export type Word = Pick<Rating, 'id' | 'at' | 'shown' | 'slot' | 'choice' | 'score'>;
type Line = Word | { undo: string } | { done: string };

/** The session of a rater: every word is on the disk before the next row is shown. */
export interface Session {
  /** What was said so far, the last word last. */
  said(): ReadonlyMap<string, Word>;
  say(word: Word): void;
  undo(id: string): void;
  /** Nothing more is to come. */
  done(): void;
  close(): void;
}

/** Opens a session, or goes on with one: also after the process was killed in the middle of a line. */
export function openSession(home: Home, header: Header): Session {
  const folder = folderOf(home, header.task);
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${chanceOf(header.rater, header.seed, modeOf(header)).slice(0, 24)}.jsonl`);
  if (existsSync(path)) {
    const bytes = readFileSync(path);
    // A line that has no end was never said.
    truncateSync(path, bytes.lastIndexOf(10) + 1);
  }
  const file = openSync(path, 'a');
  const write = (line: unknown): void => {
    writeSync(file, `${JSON.stringify(line)}\n`);
    fsyncSync(file);
  };
  const { said, head } = readSession(path);
  if (!head) write(header);
  const add = (line: Line): void => {
    write(line);
    apply(said, line);
  };
  return {
    said: () => said,
    say: add,
    undo: (id) => add({ undo: id }),
    done: () => add({ done: new Date().toISOString() }),
    close: () => closeSync(file),
  };
}

/** All that was said of a task in one mode: by this rater, and by others who are done. */
export function ratingsOf(home: Home, header: Header, pairs: readonly Pair[]): Rating[] {
  const folder = folderOf(home, header.task);
  const byId = new Map(pairs.map((pair) => [pair.id, pair]));
  const words = new Map<string, { rater: string; word: Word }>();
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.jsonl')) : [];
  for (const name of files.toSorted()) {
    const { head, said, isDone } = readSession(join(folder, name));
    if (!head || modeOf(head) !== modeOf(header)) continue;
    if (head.rater !== header.rater && !isDone) continue;
    for (const word of said.values()) {
      const key = JSON.stringify([head.rater, word.id]);
      const other = words.get(key);
      // Who rated under two seeds said it last where it counts.
      if (!other || other.word.at < word.at) words.set(key, { rater: head.rater, word });
    }
  }
  return [...words.values()]
    .flatMap(({ rater, word }) => {
      const pair = byId.get(word.id);
      return pair ? [ratingOf(rater, word, pair)] : [];
    })
    .toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

function ratingOf(rater: string, { id, at, shown, slot, choice, score }: Word, pair: Pair): Rating {
  const { prompt, reference, candidate, champion } = pair;
  return {
    id,
    rater,
    ...(choice === undefined ? {} : { choice }),
    ...(score === undefined ? {} : { score }),
    at,
    shown,
    slot,
    prompt,
    ...(reference === undefined ? {} : { reference }),
    candidate,
    champion,
  };
}

const folderOf = (home: Home, task: string): string => join(home.root, 'ratings', hexOf(task).slice(0, 32));
const modeOf = ({ scale, side }: Mode): string => (scale ? `${scale[0]}-${scale[1]} ${side ?? 'candidate'}` : 'pairs');

function readSession(path: string): { head?: Header; said: Map<string, Word>; isDone: boolean } {
  const [first, ...lines] = readFileSync(path, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as unknown);
  const said = new Map<string, Word>();
  let isDone = false;
  for (const line of lines as Line[]) {
    apply(said, line);
    isDone = 'done' in line;
  }
  return { ...(first === undefined ? {} : { head: first as Header }), said, isDone };
}

function apply(said: Map<string, Word>, line: Line): void {
  if ('done' in line) return;
  // Deleted first, so that the last word is the last in order.
  said.delete('undo' in line ? line.undo : line.id);
  if (!('undo' in line)) said.set(line.id, line);
}
