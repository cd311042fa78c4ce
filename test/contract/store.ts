import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { digestOf } from '../../artifacts/canonical.ts';
import type { Store } from '../../artifacts/store.ts';
import { failureOf } from '../unit/support/failures.ts';
import { folderWith } from '../unit/support/folder.ts';

/** A store that is empty, and another opened on the same place. */
export interface StoreUnderTest {
  store: Store;
  another: Store;
  /** Makes what is kept under a digest something else. */
  damage(digest: string): Promise<void>;
  stop?(): Promise<void>;
}

const MODEL = { 'config.json': '{}', 'model.safetensors': 'weights', 'sub/vocab.json': '[]' };

/** What every kind of store does. @param skip Why it cannot be tested here. */
export function storeContract(name: string, make: () => Promise<StoreUnderTest>, skip?: string): void {
  describe(`store: ${name}`, () => {
    let made: StoreUnderTest;
    let store: Store;
    beforeEach(async (context) => {
      context.skip(skip !== undefined, skip);
      made = await make();
      store = made.store;
      return made.stop;
    });

    test('gives back bytes, text and files by the digest that sha256sum prints', async () => {
      const folder = folderWith({ a: 'täxt' });
      const stored = await store.putFile(join(folder, 'a'));
      expect(stored).toMatchObject({ digest: digestOf('täxt'), bytes: 5, files: 1 });
      expect(await store.putBytes('täxt')).toEqual(stored);
      expect(await store.putBytes(Buffer.from('täxt'))).toEqual(stored);
      expect((await made.another.read(stored.digest)).toString()).toBe('täxt');
      const path = await made.another.path(stored.digest);
      expect(readFileSync(path, 'utf8')).toBe('täxt');
      expect(statSync(path).mode & 0o222).toBe(0);
      expect(await store.condition(stored.digest)).toBe('ok');
      expect(await store.list()).toEqual({ blobs: [stored.digest], trees: [] });
      expect(await store.size(stored.digest)).toBe(5);
      expect(await store.members(stored.digest)).toEqual([]);
    });

    test('takes a file without bytes', async () => {
      const { digest } = await store.putBytes('');
      expect((await made.another.read(digest)).length).toBe(0);
      expect(await store.condition(digest)).toBe('ok');
    });

    test('gives back a folder with its sub-folders, whole or only the files that were named', async () => {
      const folder = folderWith(MODEL);
      const stored = await store.putFolder(folder);
      expect(stored).toMatchObject({ bytes: 11, files: 3 });
      const path = await made.another.path(stored.digest);
      for (const [file, text] of Object.entries(MODEL)) expect(readFileSync(join(path, file), 'utf8')).toBe(text);
      expect((await store.members(stored.digest)).toSorted()).toEqual(Object.values(MODEL).map(digestOf).toSorted());
      expect(await store.condition(stored.digest)).toBe('ok');
      const part = await store.putFolder(folder, ['sub/vocab.json', 'config.json']);
      expect(part.files).toBe(2);
      expect(part.digest).not.toBe(stored.digest);
      expect((await store.list()).trees).toEqual([stored.digest, part.digest].toSorted());
    });

    test('has one digest for a folder, whatever the store', async () => {
      const { digest } = await store.putFolder(folderWith(MODEL));
      expect(digest).toBe('sha256:a2b19df0b1525560f42a408691bb21f38a06a94af8f1f607195eaec8efbe6c4f');
    });

    test('says that an artifact is not there', async () => {
      const digest = digestOf('nothing');
      expect(await store.condition(digest)).toBe('missing');
      expect(await failureOf(store.read(digest))).toMatchObject({ type: 'MissingArtifact', details: { digest } });
      expect((await failureOf(store.path(digest))).type).toBe('MissingArtifact');
      expect(await store.size(digest)).toBe(0);
      expect(await store.remove(digest)).toBe(0);
      await store.discard(digest);
    });

    test('a damaged file is found, put out of the way and made again', async () => {
      const { digest } = await store.putBytes('good');
      await made.damage(digest);
      expect(await made.another.condition(digest)).toBe('corrupt');
      await made.another.discard(digest);
      expect(await made.another.condition(digest)).toBe('missing');
      await made.another.putBytes('good');
      expect(await made.another.condition(digest)).toBe('ok');
      expect((await made.another.read(digest)).toString()).toBe('good');
    });

    test('a folder with a damaged file is damaged, and made again', async () => {
      const folder = folderWith(MODEL);
      const { digest } = await store.putFolder(folder);
      await made.damage(digestOf('weights'));
      expect(await made.another.condition(digest)).toBe('corrupt');
      await made.another.discard(digest);
      expect((await made.another.list()).trees).toEqual([]);
      expect((await made.another.putFolder(folder)).digest).toBe(digest);
      expect(await made.another.condition(digest)).toBe('ok');
    });

    test('eight writers at once leave one whole artifact', async () => {
      const text = 'x'.repeat(300_000);
      const folder = folderWith({ a: text, 'm/a': text, 'm/b': text });
      const stored = await Promise.all(
        Array.from({ length: 8 }, (_, i) => {
          const one = i % 2 === 0 ? store : made.another;
          return i < 4 ? one.putFile(join(folder, 'a')) : one.putFolder(join(folder, 'm'));
        }),
      );
      expect(new Set(stored.map(({ digest }) => digest)).size).toBe(2);
      expect(await store.list()).toMatchObject({ blobs: [digestOf(text)], trees: [stored[7]?.digest] });
      expect(await store.condition(stored[7]?.digest as string)).toBe('ok');
    });

    test('what was stored stays as it was when its source changes', async () => {
      const folder = folderWith({ a: 'first' });
      const { digest } = await store.putFile(join(folder, 'a'));
      writeFileSync(join(folder, 'a'), 'second');
      expect((await store.read(digest)).toString()).toBe('first');
      rmSync(folder, { recursive: true });
      await expect(store.putFile(join(folder, 'a'))).rejects.toThrow('ENOENT');
    });

    test('what is removed is gone, and what it took is told', async () => {
      const { digest } = await store.putBytes('12345');
      expect(await store.remove(digest)).toBe(5);
      expect(await made.another.condition(digest)).toBe('missing');
      expect(await store.list()).toEqual({ blobs: [], trees: [] });
    });
  });
}
