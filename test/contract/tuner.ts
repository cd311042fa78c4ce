import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { JobState, TuneOrder, Tuner } from '../../adapters/contracts.ts';
import { TerminalError } from '../../configs/failure.ts';

/** A tuner with what it needs to be tried. */
export interface TunerCase {
  tuner: Tuner;
  /** Another tuner on the same jobs, as a second worker has. */
  another: Tuner;
  /** An order that is done in seconds, with `lora`. */
  quick: TuneOrder;
  /** One that would take minutes. */
  endless: TuneOrder;
  /** One that the trainer must refuse, with the type of the refusal. */
  hopeless: { order: TuneOrder; type: string };
}

/**
 * What every tuner keeps to, whatever trains behind it.
 *
 * @param make Called once, before the first test.
 * @param skip Why it cannot be tried here.
 */
export function tunerContract(name: string, make: () => Promise<TunerCase>, skip?: string): void {
  describe(`${name} as a tuner`, () => {
    let given: TunerCase;
    beforeAll(async () => {
      if (skip === undefined) given = await make();
    });
    beforeEach((context) => context.skip(skip !== undefined, skip));

    /** Asks every 100 ms until the job has ended. */
    async function endOf(tuner: Tuner, key: string): Promise<JobState> {
      for (;;) {
        const found = await tuner.poll(key);
        if (found.state !== 'running') return found;
        await sleep(100);
      }
    }
    const underWay = async (key: string): Promise<void> => {
      for (;;) {
        const found = await given.tuner.poll(key);
        expect(found.state).toBe('running');
        if (found.state === 'running' && (found.progress?.step ?? 0) > 0) return;
        await sleep(50);
      }
    };

    test('says what its results depend on, the same each time', async () => {
      const identity = await given.tuner.identity();
      expect(Object.keys(identity).length).toBeGreaterThan(1);
      expect(Object.values(identity).filter((value) => typeof value !== 'string' || value === '')).toEqual([]);
      expect(await given.another.identity()).toEqual(identity);
    });

    test('trains what was ordered', async () => {
      const { tuner, quick } = given;
      await tuner.submit('quick', quick, 'r1');
      expect(await endOf(tuner, 'quick')).toEqual({ state: 'succeeded' });
      const result = await tuner.collect('quick');
      expect(result.steps).toBe(quick.settings.iterations);
      expect(result.kind).toBe(quick.settings.method === 'full' ? 'full' : 'adapter');
      expect(existsSync(result.folder)).toBe(true);
      expect(result.finalLoss).toBeGreaterThan(0);
      expect(result.trainedTokens).toBeGreaterThan(0);
      expect(result.droppedCount).toBe(0);
      expect(result.chatTemplateSha256).toMatch(/^[0-9a-f]{64}$/);
      expect(result.tokenizerSha256).toMatch(/^[0-9a-f]{64}$/);
      const steps = result.curve.map(({ step }) => step);
      expect(steps).toEqual([...new Set(steps)].toSorted((a, b) => a - b));
      expect(steps.at(-1)).toBe(quick.settings.iterations);
      expect(await tuner.log('quick')).toBeTypeOf('string');
    });

    test('finds the job of a key that was submitted before, finished or not', async () => {
      const { tuner, another, quick, endless } = given;
      await tuner.submit('quick', quick, 'r1');
      await endOf(tuner, 'quick');
      const before = await tuner.collect('quick');
      await another.submit('quick', endless, 'r2');
      expect(await another.poll('quick')).toEqual({ state: 'succeeded' });
      expect(await another.collect('quick')).toEqual(before);
    });

    test('lets go of what only an unfinished job needs, and keeps the result', async () => {
      const { tuner, quick } = given;
      await tuner.submit('quick', quick, 'r1');
      await endOf(tuner, 'quick');
      const before = await tuner.collect('quick');
      await tuner.release('quick');
      await tuner.release('quick');
      expect(await tuner.poll('quick')).toEqual({ state: 'succeeded' });
      expect(await tuner.collect('quick')).toEqual(before);
    });

    test('leaves a job as it is that has ended before it was cancelled', async () => {
      const { tuner, quick } = given;
      await tuner.submit('quick', quick, 'r1');
      await endOf(tuner, 'quick');
      await tuner.cancel('quick');
      expect(await tuner.poll('quick')).toEqual({ state: 'succeeded' });
    });

    test('tells its progress, stops when cancelled, and stays cancelled', async () => {
      const { tuner, another, endless } = given;
      await tuner.submit('endless', endless, 'r1');
      await underWay('endless');
      await another.cancel('endless');
      expect(await tuner.poll('endless')).toEqual({ state: 'cancelled' });
      await tuner.submit('endless', endless, 'r1');
      expect(await tuner.poll('endless')).toEqual({ state: 'cancelled' });
      await tuner.cancel('endless');
      expect(await another.poll('endless')).toEqual({ state: 'cancelled' });
    });

    test('says for good what cannot be trained, in a sentence', async () => {
      const { tuner, hopeless } = given;
      await tuner.submit('hopeless', hopeless.order, 'r1');
      const end = await endOf(tuner, 'hopeless');
      expect(end).toMatchObject({ state: 'failed', error: { type: hopeless.type } });
      expect(end.state === 'failed' ? end.error.message : '').toMatch(/^\S.{20,}$/);
      expect(await tuner.poll('hopeless')).toEqual(end);
    });

    test('starts from an earlier model with steps of its own, and less to learn', async () => {
      const { tuner, quick } = given;
      await tuner.submit('quick', quick, 'r1');
      await endOf(tuner, 'quick');
      const earlier = await tuner.collect('quick');
      await tuner.submit('later', { ...quick, start: earlier.folder }, 'r1');
      expect(await endOf(tuner, 'later')).toEqual({ state: 'succeeded' });
      const later = await tuner.collect('later');
      expect(later.steps).toBe(quick.settings.iterations);
      expect(later.kind).toBe(earlier.kind);
      expect(later.curve[0]?.loss).toBeLessThan(earlier.curve[0]?.loss as number);
    });

    test('refuses for good to start from a model that does not fit, and names field and values', async () => {
      const { tuner, quick } = given;
      await tuner.submit('quick', quick, 'r1');
      await endOf(tuner, 'quick');
      const { folder: start } = await tuner.collect('quick');
      const { rank } = quick.settings.lora;
      const settings = { ...quick.settings, lora: { ...quick.settings.lora, rank: rank * 2 } };
      await tuner.submit('misfit', { ...quick, settings, start }, 'r1');
      expect(await endOf(tuner, 'misfit')).toEqual({
        state: 'failed',
        error: {
          type: 'StartMismatch',
          message: `The model to start from has lora.rank ${rank}, this training ${rank * 2}; set tune.lora.rank to ${rank}, or train from the base model.`,
        },
      });
    });

    test('does not take a job for its own that starts from another model', async () => {
      const { tuner, another, endless } = given;
      await tuner.submit('from base', endless, 'r1');
      const refused = another.submit('from base', { ...endless, start: '/models/earlier' }, 'r1');
      await expect(refused).rejects.toMatchObject({ name: 'TerminalError', type: 'StartMismatch' });
      await expect(refused).rejects.toThrow(
        /from base.* from \/models\/earlier: it is left as it is; start a new run$/,
      );
      await another.submit('from base', endless, 'r1');
      await tuner.cancel('from base');
    });

    test('names a key that nobody submitted', async () => {
      const error: unknown = await given.tuner.poll('unknown').catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(TerminalError);
      await given.tuner.cancel('unknown');
    });
  });
}
