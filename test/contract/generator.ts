import { readFileSync } from 'node:fs';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { GenerateOrder, GenerateResult, Generator } from '../../adapters/contracts.ts';
import { TerminalError } from '../../configs/failure.ts';
import type { JobProgress } from '../../configs/progress.ts';

/** A generator with what it needs to be tried. */
export interface GeneratorCase {
  generator: Generator;
  /** Another generator on the same jobs, as the next worker has. */
  another: Generator;
  /** An order that takes a few seconds, of several batches. */
  order: GenerateOrder;
  /** Ids of its prompts, in their order. */
  ids: string[];
  /** One that must be refused, with the type of the refusal. */
  hopeless: { order: GenerateOrder; type: string };
  /** Answers are paid for. */
  sendsBills?: boolean;
}

/**
 * What everyone who answers prompts keeps to.
 *
 * @param make Called once, before the first test.
 * @param skip Why it cannot be tried here.
 */
export function generatorContract(name: string, make: () => Promise<GeneratorCase>, skip?: string): void {
  describe(`${name} as a generator`, () => {
    let given: GeneratorCase;
    beforeAll(async () => {
      if (skip === undefined) given = await make();
    });
    beforeEach((context) => context.skip(skip !== undefined, skip));

    const never = (): AbortSignal => new AbortController().signal;
    const answersOf = ({ predictions }: GenerateResult): { id: string; text: string }[] =>
      readFileSync(predictions, 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as { id: string; text: string });
    const whole = (generator: Generator, key: string, seen: JobProgress[] = []): Promise<GenerateResult> =>
      generator.generate(key, given.order, 'r1', { signal: never(), progress: (progress) => seen.push(progress) });

    test('says what its answers depend on, the same each time', async () => {
      const identity = await given.generator.identity();
      expect(Object.values(identity).filter((value) => typeof value !== 'string' || value === '')).toEqual([]);
      expect(await given.another.identity()).toEqual(identity);
    });

    test('answers every prompt once, in their order, and counts the tokens', async () => {
      const seen: JobProgress[] = [];
      const result = await whole(given.generator, 'whole', seen);
      expect(answersOf(result).map(({ id }) => id)).toEqual(given.ids);
      expect(answersOf(result).every(({ text }) => typeof text === 'string')).toBe(true);
      expect(result.promptTokens).toBeGreaterThan(given.ids.length);
      expect(result.completionTokens).toBeGreaterThan(0);
      // A vendor does not say how prompts become tokens; it bills them.
      const hashes = [result.chatTemplateSha256, result.tokenizerSha256];
      expect(hashes.map((hash) => hash !== undefined && /^[0-9a-f]{64}$/.test(hash))).toEqual(
        given.sendsBills ? [false, false] : [true, true],
      );
      expect(result.usd === undefined).toBe(!given.sendsBills);
      expect(seen.every(({ step, steps }) => step <= steps)).toBe(true);
    });

    test('gives what it has when it is asked again under the same key', async () => {
      const first = await whole(given.generator, 'whole');
      expect(await whole(given.another, 'whole')).toEqual(first);
    });

    test('left by its worker is taken up by the next, with the same answers', async () => {
      const reference = answersOf(await whole(given.generator, 'whole'));
      const stop = new AbortController();
      const shutdown = new Error('WORKER_SHUTDOWN');
      const left = given.generator.generate('left', given.order, 'r1', {
        signal: stop.signal,
        progress: () => stop.abort(shutdown),
      });
      await expect(left).rejects.toBe(shutdown);
      expect(answersOf(await whole(given.another, 'left'))).toEqual(reference);
    });

    test('of a run that was cancelled stops, and does not begin again', async () => {
      const stop = new AbortController();
      const cancelled = new Error('CANCELLED');
      const work = given.generator.generate('cancelled', given.order, 'r1', {
        signal: stop.signal,
        progress: () => stop.abort(cancelled),
      });
      await expect(work).rejects.toBe(cancelled);
      await expect(whole(given.another, 'cancelled')).rejects.toMatchObject({ type: 'Cancelled' });
    });

    test('says for good what cannot be answered, in a sentence', async () => {
      const { order, type } = given.hopeless;
      const error: unknown = await given.generator
        .generate('hopeless', order, 'r1', { signal: never(), progress: () => undefined })
        .catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(TerminalError);
      expect(error).toMatchObject({ type, message: expect.stringMatching(/^\S.{20,}$/) });
    });
  });
}
