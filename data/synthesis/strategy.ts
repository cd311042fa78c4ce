import type { Grammar } from './grammar.ts';
import type { Content, Message, Row } from '../row.ts';

/** One question to a generator. Equal asks have equal keys, so that an answer that was paid for is found again. */
export interface Ask {
  /** Name of the generator in the recipe. */
  generator: string;
  /** Number of the task in the recipe, from 0. */
  task: number;
  /** Number of the ask within its task, from 0; repeats of one question differ in it. */
  index: number;
  /** Empty for a grammar, which is not asked in words. */
  messages: Message[];
  /** JSON Schema that the answer has to fit. */
  schema: Record<string, unknown>;
  seed: number;
  /** Ids of the rows it builds on. */
  parents: string[];
  /** Class that the answers shall have. */
  label?: string | undefined;
  /** How many rows are hoped for; absent for asks that judge rows. */
  rows?: number;
  /** What the strategy did differently from ask to ask, e.g. the kind of attack. */
  variant?: string;
  /** Asked again because the first reply could not be used; not to be repaired once more. */
  isRepair?: true;
}

/** What strategies know when they plan. */
export interface Given {
  /** Prepared training rows. */
  rows: readonly Row[];
  /** Rows a label, over `rows`. */
  labels: ReadonlyMap<string, number>;
  /** Test items that the last champion or candidate got wrong, by label of what was expected: counts alone, never their text. */
  failures: ReadonlyMap<string, number>;
  /** How messages of a row are made of columns; absent when rows came as conversations. */
  template?: { system?: string | undefined; prompt: string; completion: string } | undefined;
  seed: number;
  /** Number of the task in the recipe, from 0 (the default). */
  task?: number;
  /** Column that names the class, where it is one of the columns. */
  labelColumn?: string | undefined;
  /** Grounding documents. */
  documents?: readonly Row[];
  /** The grammar of the task's generator. */
  grammar?: Grammar;
}

/** One way of making new rows out of old ones. Each is a file of this shape. */
export interface Strategy<Settings> {
  name: string;
  /**
   * What to ask, in a fixed order for a seed.
   *
   * @throws TerminalError `NothingToSynthesize` when there is nothing to make rows of.
   */
  plan(settings: Settings, given: Given): Ask[];
  /** Rows out of an answer that fits the schema; a text says why there are none. */
  read(ask: Ask, answer: unknown, settings: Settings, given: Given): Content[] | string;
}
