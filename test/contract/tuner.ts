import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { beforeAll, beforeEach, describe, expect, test, type TestContext } from 'vitest';
import type { JobState, TuneOrder, Tuner } from '../../adapters/contracts.ts';
import { TerminalError } from '../../configs/failure.ts';
import { paidFor } from '../support/paid.ts';

/**
 * What every tuner keeps to, whatever trains behind it. A new tuner is tried by one line,
 * `tunerContract('name', async () => ({ … }))`, with a `TunerCase`: the tuner, three orders, what it can do, and how to
 * make things go wrong. What a tuner cannot do, or cannot go wrong with, is said in a sentence instead; the test is then
 * skipped with that sentence, so that nothing is left out in silence.
 */
export interface TunerCase {
  tuner: Tuner;
  /** Another tuner on the same jobs, as a second worker has. */
  another: Tuner;
  /** An order that is done in seconds, with `lora`. */
  quick: TuneOrder;
  /** One that would take minutes. */
  endless: TuneOrder;
  /** One that must be refused, by `submit` or by the job, with the type of the refusal. */
  hopeless: { order: TuneOrder; type: string };
  /** How many trainings were really begun under a key: starts of a program, or jobs created at the vendor. */
  begun(key: string): Promise<number>;
  can: {
    /** Result and progress name steps, losses and how rows became tokens. */
    count: true | string;
    /** An earlier model's folder as `start`, from which there is less to learn. */
    start: true | string;
    /** Refusing a start of another rank. */
    misfit: true | string;
  };
  /** Each is called before anything is submitted under the key, and concerns the jobs of that key alone. */
  faults: {
    /** The job begins, and then fails. */
    failure: Fault;
    /** The job is there for a while before it runs. */
    slowStart: Fault;
    /** The job never begins to run. */
    stuck: Fault;
    /** The order takes effect, but its answer is lost. */
    lostReply: Fault;
    /** "Not now": the order is refused for a while. */
    quota: Fault;
    /** What comes back is not as agreed. */
    malformed: Fault;
  };
  worker: KilledWorker | string;
}

/** A worker that can be killed. */
export interface KilledWorker {
  /** File with `openTuner`, see test/support/tuner-worker.ts. */
  module: string;
  args: string;
  /**
   * Points at which it dies (`failpoint`), in any order, once each: all of one job; or lists, each of a job of its own,
   * where a death at one point leaves no way to another.
   */
  points: string[] | string[][];
  env?: Record<string, string>;
}

/** A text says why it cannot happen. */
export type Fault = string | ((key: string) => Promise<void>);

/** Longest wait for anything, in ms. */
const LONG_MS = 30_000;
const SENTENCE = /^\S[\s\S]{20,3000}$/;

/**
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

    /** Asks again after what may pass, as the step does. */
    async function again<T>(ask: () => Promise<T>): Promise<T> {
      for (const deadline = Date.now() + LONG_MS; ;) {
        try {
          return await ask();
        } catch (error) {
          if (!(error instanceof Error) || error instanceof TerminalError || Date.now() > deadline) throw error;
          await sleep(50);
        }
      }
    }
    const order = (tuner: Tuner, key: string, what: TuneOrder): Promise<void> =>
      again(() => tuner.submit(key, what, 'r1', paidFor(key)));
    /** Asks until the job has ended; what `submit` refuses for good is an end as well. */
    async function endOf(tuner: Tuner, key: string): Promise<JobState> {
      for (const deadline = Date.now() + LONG_MS; ;) {
        const found = await again(() => tuner.poll(key));
        if (found.state !== 'running') return found;
        if (Date.now() > deadline) throw new Error(`${key} does not end`);
        await sleep(25);
      }
    }
    async function carry(tuner: Tuner, key: string, what: TuneOrder): Promise<JobState> {
      try {
        await order(tuner, key, what);
      } catch (error) {
        if (!(error instanceof TerminalError)) throw error;
        return { state: 'failed', error: { type: error.type, message: error.message } };
      }
      return endOf(tuner, key);
    }
    const underWay = async (key: string): Promise<void> => {
      for (;;) {
        const found = await again(() => given.tuner.poll(key));
        expect(found.state).toBe('running');
        if (found.state === 'running' && (given.can.count !== true || (found.progress?.step ?? 0) > 0)) return;
        await sleep(25);
      }
    };
    const quick = async (): Promise<Tuner> => {
      expect(await carry(given.tuner, 'quick', given.quick)).toEqual({ state: 'succeeded' });
      return given.tuner;
    };
    const needs = (context: TestContext, can: true | string): void => context.skip(can !== true, String(can));
    async function inject(context: TestContext, fault: keyof TunerCase['faults'], key: string): Promise<void> {
      const hook = given.faults[fault];
      context.skip(typeof hook === 'string', String(hook));
      if (typeof hook !== 'string') await hook(key);
    }
    const isSentence = (text: string): void => expect(text).toMatch(SENTENCE);
    /** What is refused for good; every other error is one. */
    const refusalOf = (asked: Promise<unknown>): Promise<TerminalError | undefined> =>
      asked.then(
        () => undefined,
        (error: unknown) => {
          if (error instanceof TerminalError) return error;
          throw error;
        },
      );

    test('says what its results depend on, the same each time', async () => {
      const { settings } = given.quick;
      const identity = await given.tuner.identity(settings);
      expect(Object.keys(identity).length).toBeGreaterThan(1);
      expect(Object.values(identity).filter((value) => typeof value !== 'string' || value === '')).toEqual([]);
      expect(await given.another.identity(settings)).toEqual(identity);
    });

    test('trains what was ordered', async () => {
      const tuner = await quick();
      const result = await tuner.collect('quick');
      expect(existsSync(result.folder)).toBe(true);
      expect(['adapter', 'full', 'remote']).toContain(result.kind);
      expect(result.trainedTokens).toBeGreaterThan(0);
      expect(result.droppedCount).toBe(0);
      const steps = result.curve.map(({ step }) => step);
      expect(steps).toEqual([...new Set(steps)].toSorted((a, b) => a - b));
      expect(await tuner.log('quick')).toBeTypeOf('string');
      expect(await given.begun('quick')).toBe(1);
    });

    test('counts steps and losses, and says how rows became tokens', async (context) => {
      needs(context, given.can.count);
      const { settings } = given.quick;
      const result = await (await quick()).collect('quick');
      expect(result.steps).toBe(settings.iterations);
      expect(result.kind).toBe(settings.method === 'full' ? 'full' : 'adapter');
      expect(result.finalLoss).toBeGreaterThan(0);
      expect(result.chatTemplateSha256).toMatch(/^[0-9a-f]{64}$/);
      expect(result.tokenizerSha256).toMatch(/^[0-9a-f]{64}$/);
      expect(result.curve.at(-1)?.step).toBe(settings.iterations);
    });

    test('finds the job of a key that was submitted before, finished or not', async () => {
      const before = await (await quick()).collect('quick');
      await order(given.another, 'quick', given.endless);
      expect(await given.another.poll('quick')).toEqual({ state: 'succeeded' });
      expect(await given.another.collect('quick')).toEqual(before);
      expect(await given.begun('quick')).toBe(1);
    });

    test('lets go of what only an unfinished job needs, and keeps the result', async () => {
      const tuner = await quick();
      const before = await tuner.collect('quick');
      await tuner.release('quick');
      await tuner.release('quick');
      expect(await tuner.poll('quick')).toEqual({ state: 'succeeded' });
      expect(await tuner.collect('quick')).toEqual(before);
    });

    test('leaves a job as it is that has ended before it was cancelled', async () => {
      const tuner = await quick();
      await tuner.cancel('quick');
      expect(await tuner.poll('quick')).toEqual({ state: 'succeeded' });
    });

    test('tells its progress, stops when cancelled, and stays cancelled', async () => {
      const { tuner, another, endless } = given;
      await order(tuner, 'endless', endless);
      await underWay('endless');
      await another.cancel('endless');
      expect(await endOf(tuner, 'endless')).toEqual({ state: 'cancelled' });
      await order(tuner, 'endless', endless);
      expect(await tuner.poll('endless')).toEqual({ state: 'cancelled' });
      await tuner.cancel('endless');
      expect(await another.poll('endless')).toEqual({ state: 'cancelled' });
      expect(await given.begun('endless')).toBe(1);
    });

    test('says for good what cannot be trained, in a sentence', async () => {
      const { tuner, hopeless } = given;
      const end = await carry(tuner, 'hopeless', hopeless.order);
      expect(end).toMatchObject({ state: 'failed', error: { type: hopeless.type } });
      isSentence(end.state === 'failed' ? end.error.message : '');
      expect(await carry(tuner, 'hopeless', hopeless.order)).toEqual(end);
    });

    test('starts from an earlier model with steps of its own, and less to learn', async (context) => {
      needs(context, given.can.start);
      const tuner = await quick();
      const earlier = await tuner.collect('quick');
      expect(await carry(tuner, 'later', { ...given.quick, start: earlier.folder })).toEqual({ state: 'succeeded' });
      const later = await tuner.collect('later');
      expect(later.steps).toBe(given.quick.settings.iterations);
      expect(later.kind).toBe(earlier.kind);
      expect(later.curve[0]?.loss).toBeLessThan(earlier.curve[0]?.loss as number);
    });

    test('refuses for good to start from a model that does not fit, and names field and values', async (context) => {
      needs(context, given.can.misfit);
      const tuner = await quick();
      const { folder: start } = await tuner.collect('quick');
      const { rank } = given.quick.settings.lora;
      const settings = { ...given.quick.settings, lora: { ...given.quick.settings.lora, rank: rank * 2 } };
      const end = await carry(tuner, 'misfit', { ...given.quick, settings, start });
      expect(end).toMatchObject({ state: 'failed', error: { type: 'StartMismatch' } });
      expect(end.state === 'failed' ? end.error.message : '').toContain(
        `The model to start from has lora.rank ${rank}, this training ${rank * 2}`,
      );
    });

    test('does not take a job for its own that starts from another model', async () => {
      const { tuner, another, quick, endless } = given;
      await order(tuner, 'from base', endless);
      const refused = order(another, 'from base', { ...endless, start: quick.base });
      await expect(refused).rejects.toMatchObject({ name: 'TerminalError', type: 'StartMismatch' });
      await expect(refused).rejects.toThrow(/from base.*: it is left as it is; start a new run$/);
      await order(another, 'from base', endless);
      await tuner.cancel('from base');
    });

    test('names a key that nobody submitted', async () => {
      const error: unknown = await given.tuner.poll('unknown').catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(TerminalError);
      await given.tuner.cancel('unknown');
    });

    test('ordered twice at the same moment trains once', async () => {
      const { tuner, another, quick } = given;
      await Promise.all([order(tuner, 'twice', quick), order(another, 'twice', quick)]);
      const ends = await Promise.all([endOf(tuner, 'twice'), endOf(another, 'twice')]);
      expect(ends).toEqual([{ state: 'succeeded' }, { state: 'succeeded' }]);
      expect(await tuner.collect('twice')).toEqual(await another.collect('twice'));
      expect(await given.begun('twice')).toBe(1);
    });

    test('its worker killed between every two lines trains once', async (context) => {
      const { worker } = given;
      context.skip(typeof worker === 'string', String(worker));
      if (typeof worker === 'string') return;
      const lists = worker.points.every((point) => typeof point === 'string') ? [worker.points] : worker.points;
      await Promise.all(
        lists.map(async (points, i) => {
          const key = i === 0 ? 'killed-worker' : `killed-worker-${i + 1}`;
          await untilItLives(worker, key, [...points]);
          expect(await given.begun(key)).toBe(1);
          expect(await given.tuner.poll(key)).toEqual({ state: 'succeeded' });
        }),
      );
    });

    /** Starts the worker again and again, until it has died at every point and comes to the end. */
    async function untilItLives(worker: KilledWorker, key: string, points: string[]): Promise<void> {
      const died = mkdtempSync(join(tmpdir(), 'anneal-died-'));
      const program = fileURLToPath(new URL('../support/tuner-worker.ts', import.meta.url));
      const env = { ...process.env, ...worker.env, ANNEAL_FAILPOINT: `${points.join(',')}:${died}` };
      for (let starts = 0; ; starts += 1) {
        const child = spawn(process.execPath, [program, worker.module, worker.args, key], { env });
        let complaint = '';
        child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
        const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
        if (signal === 'SIGKILL' && starts < points.length) continue;
        expect({ complaint, code }).toEqual({ complaint: '', code: 0 });
        break;
      }
      expect(readdirSync(died).toSorted()).toEqual(points.toSorted());
      rmSync(died, { recursive: true });
    }

    test('a job that fails says why, and stays failed', async (context) => {
      await inject(context, 'failure', 'fails');
      const end = await carry(given.tuner, 'fails', given.quick);
      expect(end.state).toBe('failed');
      isSentence(end.state === 'failed' ? end.error.message : '');
      expect(await given.another.poll('fails')).toEqual(end);
    });

    test('a slow start is waited for', async (context) => {
      await inject(context, 'slowStart', 'slow');
      await order(given.tuner, 'slow', given.quick);
      const first = await again(() => given.tuner.poll('slow'));
      expect(first).toMatchObject({ state: 'running' });
      expect(first.state === 'running' && first.progress).toBeFalsy();
      expect(await endOf(given.tuner, 'slow')).toEqual({ state: 'succeeded' });
      expect(await given.begun('slow')).toBe(1);
    });

    test('a job that never begins stays one that runs without progress, and can be cancelled', async (context) => {
      await inject(context, 'stuck', 'stuck');
      await order(given.tuner, 'stuck', given.quick);
      for (let asked = 0; asked < 5; asked += 1) {
        const found = await again(() => given.tuner.poll('stuck'));
        expect(found.state).toBe('running');
        expect(found.state === 'running' && found.progress?.step).toBeFalsy();
      }
      await given.another.cancel('stuck');
      expect(await endOf(given.tuner, 'stuck')).toEqual({ state: 'cancelled' });
      expect(await given.begun('stuck')).toBeLessThanOrEqual(1);
    });

    test('an order whose answer was lost is found, not placed again', async (context) => {
      await inject(context, 'lostReply', 'lost');
      expect(await carry(given.tuner, 'lost', given.quick)).toEqual({ state: 'succeeded' });
      expect(await given.begun('lost')).toBe(1);
    });

    test('"not now" is waited out', async (context) => {
      await inject(context, 'quota', 'quota');
      expect(await carry(given.tuner, 'quota', given.quick)).toEqual({ state: 'succeeded' });
      expect((await given.tuner.collect('quota')).trainedTokens).toBeGreaterThan(0);
    });

    test('what is not as agreed is passed over, or refused in a sentence, and never trained twice', async (context) => {
      await inject(context, 'malformed', 'malformed');
      const end = await carry(given.tuner, 'malformed', given.quick);
      const refused = end.state === 'failed' ? end.error : await refusalOf(given.tuner.collect('malformed'));
      expect(refused ?? { message: 'it was passed over, and the job went on to its end' }).toMatchObject({
        message: expect.stringMatching(SENTENCE),
      });
      expect(await given.begun('malformed')).toBe(1);
    });
  });
}
