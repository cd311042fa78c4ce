import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { digestOf, hexOf } from '../../../artifacts/canonical.ts';
import { createFileStore, freeBytes } from '../../../artifacts/store.ts';
import { failureOf } from '../support/failures.ts';
import { emptyFolder, folderWith } from '../support/folder.ts';

const model = { 'config.json': '{}', 'model.safetensors': 'weights', 'sub/vocab.json': '[]' };

/** Where a single file lies; what a person or a broken disk would damage. */
function blobOf(root: string, digest: string): string {
  return join(root, 'blobs', hexOf(digest).slice(0, 2), hexOf(digest).slice(2));
}

function damage(path: string): void {
  chmodSync(path, 0o644);
  writeFileSync(path, 'damaged');
}

describe('a file', () => {
  test('is found under the digest that sha256sum prints', async () => {
    const folder = folderWith({ 'rows.jsonl': '{"a":"ä"}\n' });
    const store = createFileStore(join(folder, 'store'));
    const stored = await store.putFile(join(folder, 'rows.jsonl'));
    const [sum] = execFileSync('sha256sum', [join(folder, 'rows.jsonl')], { encoding: 'utf8' }).split(' ');
    expect(stored).toEqual({ digest: `sha256:${sum}`, bytes: 11, files: 1 });
    expect((await store.read(stored.digest)).toString()).toBe('{"a":"ä"}\n');
    expect(readFileSync(await store.path(stored.digest), 'utf8')).toBe('{"a":"ä"}\n');
    expect(await store.condition(stored.digest)).toBe('ok');
  });

  test('is the same artifact as its bytes and its text', async () => {
    const folder = folderWith({ a: 'täxt' });
    const store = createFileStore(join(folder, 'store'));
    const stored = await store.putFile(join(folder, 'a'));
    expect(await store.putBytes('täxt')).toEqual(stored);
    expect(await store.putBytes(Buffer.from('täxt'))).toEqual(stored);
    expect((await store.list()).blobs).toEqual([stored.digest]);
  });

  test('stays as it was when its source changes, and cannot be written to', async () => {
    const folder = folderWith({ a: 'first' });
    const store = createFileStore(join(folder, 'store'));
    const { digest } = await store.putFile(join(folder, 'a'));
    writeFileSync(join(folder, 'a'), 'second');
    expect((await store.read(digest)).toString()).toBe('first');
    expect(statSync(await store.path(digest)).mode & 0o222).toBe(0);
  });

  test('stored by many at once is there once and whole', async () => {
    const text = 'x'.repeat(300_000);
    const folder = folderWith({ a: text, 'm/a': text, 'm/b': text });
    const root = join(folder, 'store');
    const [one, other] = [createFileStore(root), createFileStore(root)];
    const stored = await Promise.all(
      [one, other, one, other, one, other].flatMap((store) => [
        store.putFile(join(folder, 'a')),
        store.putBytes(text),
        store.putFolder(join(folder, 'm')),
      ]),
    );
    const digests = new Set(stored.map((found) => found.digest));
    expect(digests.size).toBe(2);
    const store = createFileStore(root);
    expect(await store.list()).toEqual({
      blobs: [digestOf(text)],
      trees: [...digests].filter((d) => d !== digestOf(text)),
    });
    expect(await store.condition(digestOf(text))).toBe('ok');
    expect(readdirSync(join(root, 'incoming'))).toEqual([]);
    expect(readdirSync(dirname(blobOf(root, digestOf(text)))).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  test('that is not there is a missing artifact', async () => {
    const root = emptyFolder();
    const digest = digestOf('nothing');
    const { type, message, details } = await failureOf(createFileStore(root).read(digest));
    expect({ type, message: message.replace(root, 'ROOT'), details }).toMatchInlineSnapshot(`
      {
        "details": {
          "digest": "sha256:1785cfc3bc6ac7738e8b38cdccd1af12563c2b9070e07af336a1bf8c0f772b6a",
        },
        "message": "artifact sha256:1785cfc3bc6ac7738e8b38cdccd1af12563c2b9070e07af336a1bf8c0f772b6a is not in the store ROOT: a new run makes it again",
        "type": "MissingArtifact",
      }
    `);
    expect(await createFileStore(root).condition(digest)).toBe('missing');
  });

  test('that was damaged is found on read, cleared by discard and mended by storing it again', async () => {
    const root = emptyFolder();
    const store = createFileStore(root);
    const { digest } = await store.putBytes('good');
    damage(blobOf(root, digest));
    const { type, message } = await failureOf(store.read(digest));
    expect({ type, message }).toMatchInlineSnapshot(`
      {
        "message": "artifact sha256:770e607624d689265ca6c44884d0807d9b054d23c473c106c72be9de08b7376c no longer matches its digest: run \`anneal verify\` to find what is damaged; a new run makes it again",
        "type": "CorruptArtifact",
      }
    `);
    expect((await failureOf(store.path(digest))).type).toBe('CorruptArtifact');
    expect(await store.condition(digest)).toBe('corrupt');
    await store.discard(digest);
    expect(await store.condition(digest)).toBe('missing');
    await store.putBytes('good');
    expect((await store.read(digest)).toString()).toBe('good');
  });

  test('that was damaged is mended by storing it again even without a discard', async () => {
    const folder = folderWith({ a: 'good' });
    const root = join(folder, 'store');
    const store = createFileStore(root);
    for (const put of [() => store.putBytes('good'), () => store.putFile(join(folder, 'a'))]) {
      const { digest } = await put();
      damage(blobOf(root, digest));
      await put();
      expect(await store.condition(digest)).toBe('ok');
    }
  });

  test('that is fit stays when it is discarded', async () => {
    const store = createFileStore(emptyFolder());
    const { digest } = await store.putBytes('good');
    await store.discard(digest);
    expect(await store.condition(digest)).toBe('ok');
  });
});

describe('a folder', () => {
  test('comes back with every file', async () => {
    const folder = folderWith(model);
    const store = createFileStore(join(emptyFolder(), 'store'));
    const stored = await store.putFolder(folder);
    expect(stored).toMatchObject({ bytes: 11, files: 3 });
    const path = await store.path(stored.digest);
    expect(readFileSync(join(path, 'model.safetensors'), 'utf8')).toBe('weights');
    expect(readFileSync(join(path, 'sub/vocab.json'), 'utf8')).toBe('[]');
    expect(readdirSync(path).toSorted()).toEqual(['config.json', 'model.safetensors', 'sub']);
    expect(await store.condition(stored.digest)).toBe('ok');
    expect((await store.members(stored.digest)).toSorted()).toEqual(Object.values(model).map(digestOf).toSorted());
  });

  test('has a digest that copying, dates, permissions and the order of writing do not change', async () => {
    const one = folderWith(model);
    const other = folderWith(Object.fromEntries(Object.entries(model).toReversed()));
    const copy = join(emptyFolder(), 'copy');
    cpSync(one, copy, { recursive: true });
    utimesSync(join(copy, 'config.json'), 1, 1);
    chmodSync(join(copy, 'config.json'), 0o600);
    mkdirSync(join(copy, 'empty'));
    const store = createFileStore(emptyFolder());
    const { digest } = await store.putFolder(one);
    expect((await store.putFolder(other)).digest).toBe(digest);
    expect((await store.putFolder(copy)).digest).toBe(digest);
    renameSync(join(copy, 'config.json'), join(copy, 'Config.json'));
    expect((await store.putFolder(copy)).digest).not.toBe(digest);
  });

  test('of links, like a snapshot in the hub cache, is stored as what they point to', async () => {
    const folder = folderWith({ 'blobs/1': '{}', 'snapshot/plain.txt': 'x' });
    symlinkSync('../blobs/1', join(folder, 'snapshot/config.json'));
    const plain = folderWith({ 'config.json': '{}', 'plain.txt': 'x' });
    const store = createFileStore(emptyFolder());
    expect(await store.putFolder(join(folder, 'snapshot'))).toEqual(await store.putFolder(plain));
  });

  test('that is empty is a folder, too', async () => {
    const store = createFileStore(emptyFolder());
    const { digest, files, bytes } = await store.putFolder(emptyFolder());
    expect({ files, bytes }).toEqual({ files: 0, bytes: 0 });
    expect(readdirSync(await store.path(digest))).toEqual([]);
  });

  test('keeps two files with the same bytes apart', async () => {
    const store = createFileStore(emptyFolder());
    const { digest } = await store.putFolder(folderWith({ a: 'same', b: 'same' }));
    expect(readdirSync(await store.path(digest))).toEqual(['a', 'b']);
    expect((await store.list()).blobs).toHaveLength(1);
  });

  test.each([
    ['a file was replaced', (path: string) => replace(join(path, 'config.json'), '{"other":1}')],
    ['a file was removed', (path: string) => rmSync(join(path, 'model.safetensors'))],
    ['a file was added', (path: string) => writeFileSync(join(path, 'model-2.safetensors'), 'more')],
    ['a file lies elsewhere', (path: string) => renameSync(join(path, 'sub/vocab.json'), join(path, 'vocab.json'))],
    ['it is gone', (path: string) => rmSync(path, { recursive: true })],
  ])('that was made available is made again when %s', async (_what, tamper) => {
    const store = createFileStore(emptyFolder());
    const { digest } = await store.putFolder(folderWith(model));
    tamper(await store.path(digest));
    const path = await store.path(digest);
    for (const [name, content] of Object.entries(model)) expect(readFileSync(join(path, name), 'utf8')).toBe(content);
    expect(readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())).toHaveLength(
      3,
    );
    expect(await store.condition(digest)).toBe('ok');
  });

  test('written to in place is found out, not handed on', async () => {
    const store = createFileStore(emptyFolder());
    const { digest } = await store.putFolder(folderWith(model));
    damage(join(await store.path(digest), 'model.safetensors'));
    expect((await failureOf(store.path(digest))).type).toBe('CorruptArtifact');
    expect(await store.condition(digest)).toBe('corrupt');
  });

  test('with one damaged file is cleared by discard, which leaves the fit ones, and mended by storing it again', async () => {
    const root = emptyFolder();
    const store = createFileStore(root);
    const { digest } = await store.putFolder(folderWith(model));
    const path = await store.path(digest);
    damage(blobOf(root, digestOf('weights')));
    expect(await store.condition(digest)).toBe('corrupt');
    await store.discard(digest);
    expect(existsSync(path)).toBe(false);
    expect(await store.condition(digest)).toBe('missing');
    expect((await store.list()).blobs.toSorted()).toEqual(['{}', '[]'].map(digestOf).toSorted());
    expect((await store.putFolder(folderWith(model))).digest).toBe(digest);
    expect(await store.condition(digest)).toBe('ok');
  });

  test('whose manifest was damaged is corrupt, and mended the same way', async () => {
    const root = emptyFolder();
    const store = createFileStore(root);
    const { digest } = await store.putFolder(folderWith(model));
    writeFileSync(join(root, 'trees', hexOf(digest).slice(0, 2), hexOf(digest).slice(2)), '{"files":[]}');
    expect(await store.condition(digest)).toBe('corrupt');
    expect((await failureOf(store.path(digest))).type).toBe('CorruptArtifact');
    await store.discard(digest);
    await store.putFolder(folderWith(model));
    expect(await store.condition(digest)).toBe('ok');
  });

  test('that lost a file is missing', async () => {
    const root = emptyFolder();
    const store = createFileStore(root);
    const { digest } = await store.putFolder(folderWith(model));
    rmSync(blobOf(root, digestOf('weights')));
    expect(await store.condition(digest)).toBe('missing');
    expect((await failureOf(store.path(digest))).type).toBe('MissingArtifact');
  });

  test('is made available whole to many that ask at the same time, and never taken away from one of them', async () => {
    const root = emptyFolder();
    const { digest } = await createFileStore(root).putFolder(folderWith(model));
    for (let round = 0; round < 5; round++) {
      rmSync(join(root, 'folders'), { recursive: true, force: true });
      const use = async (): Promise<void> => {
        const path = await createFileStore(root).path(digest);
        for (let look = 0; look < 3; look++) {
          for (const name of Object.keys(model)) expect(existsSync(join(path, name))).toBe(true);
          await new Promise(setImmediate);
        }
      };
      await Promise.all(Array.from({ length: 6 }, use));
      expect(readdirSync(join(root, 'folders'))).toEqual([hexOf(digest)]);
    }
  });
});

describe('what is there', () => {
  test('is listed, sorted, without what does not belong', async () => {
    const root = emptyFolder();
    const store = createFileStore(root);
    expect(await store.list()).toEqual({ blobs: [], trees: [] });
    const texts = Array.from({ length: 20 }, (_, i) => `text ${i}`);
    for (const text of texts) await store.putBytes(text);
    const { digest } = await store.putFolder(folderWith({ a: 'text 1' }));
    writeFileSync(join(root, 'blobs', '.DS_Store'), '');
    writeFileSync(join(dirname(blobOf(root, digestOf('text 1'))), '.tmp-1-abc'), '');
    expect(await store.list()).toEqual({ blobs: texts.map(digestOf).toSorted(), trees: [digest] });
  });

  test('is removed for good, with the bytes freed', async () => {
    const root = emptyFolder();
    const store = createFileStore(root);
    const { digest } = await store.putFolder(folderWith(model));
    const path = await store.path(digest);
    expect(await store.remove(digestOf('weights'))).toBe(7);
    expect(await store.remove(digest)).toBeGreaterThan(100);
    expect(existsSync(path)).toBe(false);
    expect(await store.condition(digest)).toBe('missing');
    expect(await store.remove(digest)).toBe(0);
  });

  test('has no members unless it is a folder', async () => {
    const store = createFileStore(emptyFolder());
    const { digest } = await store.putBytes('x');
    expect(await store.members(digest)).toEqual([]);
  });
});

describe('a place that cannot be written to', () => {
  test('is named with what to do', async () => {
    const folder = folderWith({ file: 'x', 'm/a': 'a' });
    const store = createFileStore(join(folder, 'file', 'store'));
    const failures = await Promise.all([
      failureOf(store.putBytes('x')),
      failureOf(store.putFile(join(folder, 'm/a'))),
      failureOf(store.putFolder(join(folder, 'm'))),
    ]);
    const sentences = new Set(failures.map(({ type, message }) => `${type}: ${message.replace(folder, 'FOLDER')}`));
    expect([...sentences]).toMatchInlineSnapshot(`
      [
        "StoreNotWritable: cannot write to the store FOLDER/file/store (ENOTDIR): check its owner and permissions, or set ANNEAL_HOME to a folder of yours",
      ]
    `);
    expect(failures[0]?.cause).toMatchObject({ code: 'ENOTDIR' });
  });
});

test('the free space of a disk is known', async () => {
  expect(await freeBytes(emptyFolder())).toBeGreaterThan(0);
});

/** A new file in place of the old one, as an editor saves. */
function replace(path: string, text: string): void {
  rmSync(path);
  writeFileSync(path, text);
}
