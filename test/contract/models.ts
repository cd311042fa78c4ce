import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Models } from '../../adapters/contracts.ts';
import { TerminalError } from '../../configs/failure.ts';

/** Models to be found, with what is there. */
export interface ModelsCase {
  models: Models;
  /** A whole model folder. */
  folder: string;
  /** A folder without weights. */
  broken: string;
  /** A name that is at hand without a network, and the commit it stands at. */
  name: string;
  revision: string;
}

/**
 * What everyone who finds base models keeps to.
 *
 * @param make Called once, before the first test.
 * @param skip Why it cannot be tried here.
 */
export function modelsContract(name: string, make: () => Promise<ModelsCase>, skip?: string): void {
  describe(`${name} as a finder of models`, () => {
    let given: ModelsCase;
    beforeAll(async () => {
      if (skip === undefined) given = await make();
    });
    beforeEach((context) => context.skip(skip !== undefined, skip));

    const watch = { signal: new AbortController().signal };
    const refusalOf = async (base: string, revision?: string): Promise<TerminalError> => {
      const error: unknown = await given.models.resolve(base, revision, 'r1', watch).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(TerminalError);
      return error as TerminalError;
    };

    test('a folder is itself', async () => {
      const found = await given.models.resolve(given.folder, undefined, 'r1', watch);
      expect(found).toEqual({ folder: given.folder, files: found.files });
      expect(found.files).toEqual(expect.arrayContaining(['config.json', 'model.safetensors']));
    });

    test('a folder that is not whole is refused with what it lacks', async () => {
      const { type, message } = await refusalOf(given.broken);
      expect(type).toBe('BadModel');
      expect(message).toContain(given.broken);
      expect(message).toContain('no weights (model*.safetensors): copy them there');
    });

    test('a name is the folder of its commit, as often as it is asked for', async () => {
      for (const revision of [undefined, given.revision]) {
        const found = await given.models.resolve(given.name, revision, 'r1', watch);
        expect(found.revision).toBe(given.revision);
        expect(found.folder).toContain(given.revision);
      }
      await given.models.resolve(given.name, undefined, 'r1', watch);
    });

    test('a name that is nowhere is refused by name', async () => {
      const { type, message } = await refusalOf('acme/nothing');
      expect(type).toBe('BadModel');
      expect(message).toMatch(/^acme\/nothing is not in the cache /);
    });

    test('a run that is over finds nothing any more', async () => {
      const stopped = new Error('CANCELLED');
      const finding = given.models.resolve(given.name, undefined, 'r2', { signal: AbortSignal.abort(stopped) });
      await expect(finding).rejects.toBe(stopped);
    });
  });
}
