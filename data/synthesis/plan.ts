import type { Task } from '../../configs/synthesis-tasks.ts';
import type { Synthesize } from '../../configs/synthesis.ts';
import { identify, type Content, type Origin } from '../row.ts';
import { checkAnswer, promptDigest, sha256, type Reading } from './answer.ts';
import type { Candidate } from './filter.ts';
import { ALL_STRATEGIES } from './strategies/all.ts';
import type { Ask, Given } from './strategy.ts';

/**
 * All asks of one task, in a fixed order.
 *
 * @param given Without `task` and `seed`, which are the recipe's.
 */
export function planTask({ tasks, seed }: Synthesize, task: number, given: Omit<Given, 'task' | 'seed'>): Ask[] {
  const settings = tasks[task] as Task;
  return ALL_STRATEGIES[settings.strategy].plan(settings, { ...given, task, seed });
}

/**
 * The rows of a reply, each with its origin; the text of a problem goes back to the generator once (`repairAsk`)
 * and then to the quarantine. Whatever the reply says, this does not throw.
 *
 * @param generatorIdentity What the generator's answers depend on, as for `keyOf`.
 */
export function readReply(
  { tasks, seed }: Synthesize,
  ask: Ask,
  reply: string,
  given: Omit<Given, 'task' | 'seed'>,
  generatorIdentity: string,
): { contents: Content[] } | { problem: string } {
  const reading = checkAnswer(ask, reply);
  return 'problem' in reading ? reading : readValue({ tasks, seed }, ask, reading, given, generatorIdentity);
}

/** The same for an answer that is a value already and known to fit the schema, as that of a grammar is. */
export function readValue(
  { tasks, seed }: Pick<Synthesize, 'tasks' | 'seed'>,
  ask: Ask,
  { value }: Extract<Reading, { value: unknown }>,
  given: Omit<Given, 'task' | 'seed'>,
  generatorIdentity: string,
): { contents: Content[] } | { problem: string } {
  const settings = tasks[ask.task] as Task;
  const contents = ALL_STRATEGIES[settings.strategy].read(ask, value, settings, { ...given, task: ask.task, seed });
  if (typeof contents === 'string') return { problem: contents };
  const origin: Origin = {
    strategy: settings.strategy,
    generator: ask.generator,
    settings: sha256(generatorIdentity).slice(0, 16),
    seed: ask.seed,
    prompt: promptDigest(ask),
    parents: ask.parents,
  };
  return { contents: contents.map((content) => ({ ...content, origin })) };
}

/**
 * Rows of a reply as candidates for the filters.
 *
 * @param source Number of the synthetic rows among the dataset's sources.
 * @param firstLine Line that the first of them will have, from 1.
 */
export function candidatesOf(ask: Ask, contents: readonly Content[], source: number, firstLine: number): Candidate[] {
  return contents.map((content, i) => ({ row: identify(content, source, firstLine + i), ask }));
}
