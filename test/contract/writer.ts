import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Writer, WriterReply, WriterRequest } from '../../adapters/contracts.ts';
import { TerminalError } from '../../configs/failure.ts';

/** A writer with what it needs to be tried. */
export interface WriterCase {
  writer: Writer;
  /** Another writer of the same kind, as the next worker has. */
  another: Writer;
  /** How many requests have reached whoever answers, if that can be seen. */
  asked?: () => number;
  /** A question that is answered with several words. */
  request: WriterRequest;
  /** One that must be refused, with the type of the refusal. */
  hopeless: { writer: Writer; request: WriterRequest; type: string };
}

/**
 * What everyone who answers single questions keeps to.
 *
 * @param make Called once, before the first test.
 * @param skip Why it cannot be tried here.
 */
export function writerContract(name: string, make: () => Promise<WriterCase>, skip?: string): void {
  describe(`${name} as a writer`, () => {
    let given: WriterCase;
    beforeAll(async () => {
      if (skip === undefined) given = await make();
    });
    beforeEach((context) => context.skip(skip !== undefined, skip));

    const never = (): AbortSignal => new AbortController().signal;
    const ask = (changed: Partial<WriterRequest> = {}, writer = given.writer): Promise<WriterReply> =>
      writer.ask({ ...given.request, ...changed }, { signal: never() });

    test('says what its answers depend on, the same each time', async () => {
      const identity = await given.writer.identity();
      expect(Object.values(identity).filter((value) => typeof value !== 'string' || value === '')).toEqual([]);
      expect(await given.another.identity()).toEqual(identity);
    });

    test('answers with a text and counts the tokens', async () => {
      const reply = await ask();
      expect(reply).toMatchObject({ finish: 'stop', structure: 'free', omitted: [], tokensAreReported: true });
      expect(reply.text).toMatch(/\w+ \w+/);
      expect(reply.promptTokens).toBeGreaterThan(2);
      expect(reply.completionTokens).toBeGreaterThan(0);
      expect(reply.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    });

    test('gives the same answer for the same seed, and another for another', async () => {
      const texts = await Promise.all([1, 2, 3, 4].map(async (seed) => (await ask({ seed })).text));
      expect(new Set(texts).size).toBeGreaterThan(1);
      expect((await ask({ seed: 2 }, given.another)).text).toBe(texts[1]);
    });

    test('answers several at once, each with its own answer', async () => {
      const seeds = [11, 12, 13, 14, 15, 16];
      const together = await Promise.all(seeds.map((seed) => ask({ seed })));
      for (const [i, seed] of seeds.entries()) expect((await ask({ seed })).text).toBe(together[i]?.text);
    });

    test('says when the answer is cut off', async () => {
      expect(await ask({ maxTokens: 1 })).toMatchObject({ finish: 'length' });
    });

    test('says how an answer was kept to a schema', async () => {
      const schema = {
        type: 'object',
        properties: { text: { type: 'string' } },
        required: ['text'],
        additionalProperties: false,
      };
      const { structure } = await ask({ schema });
      expect(['json_schema', 'json_object', 'words']).toContain(structure);
    });

    test('says that a request leaves, once, and an error then stops it', async () => {
      let times = 0;
      const sending = async (): Promise<void> => {
        times += 1;
      };
      await given.writer.ask(given.request, { signal: never(), sending });
      expect(times).toBe(1);
      const before = given.asked?.();
      const no = new Error('the budget is reached');
      const stopped = given.writer.ask(given.request, { signal: never(), sending: () => Promise.reject(no) });
      await expect(stopped).rejects.toBe(no);
      expect(given.asked?.()).toBe(before);
    });

    test('that is aborted ends with the reason', async () => {
      const reason = new Error('WORKER_SHUTDOWN');
      await expect(given.writer.ask(given.request, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
      const stop = new AbortController();
      const left = given.writer.ask(given.request, { signal: stop.signal, sending: async () => stop.abort(reason) });
      await expect(left).rejects.toBe(reason);
      expect((await ask()).finish).toBe('stop');
    });

    test('says for good what cannot be answered, in a sentence', async () => {
      const { writer, request, type } = given.hopeless;
      const error: unknown = await writer.ask(request, { signal: never() }).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(TerminalError);
      expect(error).toMatchObject({ type, message: expect.stringMatching(/^\S.{20,}$/) });
    });
  });
}
