import { join } from 'node:path';
import { expect, test } from 'vitest';
import { modelFiles as namesOfModel, modelFolderProblem } from '../../../../adapters/mlx/model-folder.ts';
import { emptyFolder, folderWith } from '../../support/folder.ts';
import { modelFiles, safetensors } from '../../support/safetensors.ts';

/** The problem of a whole model folder with some files changed, or left out (undefined). */
async function problemWith(changed: Record<string, string | Buffer | undefined>): Promise<string | undefined> {
  const files = Object.entries({ ...modelFiles(), ...changed }).filter(([, content]) => content !== undefined);
  const folder = folderWith(Object.fromEntries(files) as Record<string, string | Buffer>);
  return (await modelFolderProblem(folder))?.replaceAll(folder, 'FOLDER');
}

const index = (...files: string[]): string =>
  JSON.stringify({ weight_map: Object.fromEntries(files.map((file, i) => [`layer.${i}`, file])) });

test('a whole folder has no problem, with either kind of tokenizer', async () => {
  expect(await problemWith({})).toBeUndefined();
  expect(await problemWith({ 'tokenizer.json': undefined, 'tokenizer.model': 'x' })).toBeUndefined();
});

test('weights in several files have no problem when all are there', async () => {
  expect(
    await problemWith({
      'model.safetensors': undefined,
      'model-1-of-2.safetensors': safetensors(),
      'model-2-of-2.safetensors': safetensors(64),
      'model.safetensors.index.json': index('model-1-of-2.safetensors', 'model-2-of-2.safetensors'),
    }),
  ).toBeUndefined();
});

test('a folder that is missing, or a file, is named', async () => {
  const folder = emptyFolder();
  expect((await modelFolderProblem(join(folder, 'nowhere')))?.replace(folder, 'FOLDER')).toMatchInlineSnapshot(
    `"the base model FOLDER/nowhere is not a folder: give a folder in Hugging Face format, or a name such as org/name"`,
  );
  const file = join(folderWith({ 'model.gguf': 'x' }), 'model.gguf');
  expect(await modelFolderProblem(file)).toContain('model.gguf is not a folder');
});

test.each([
  ['no config', { 'config.json': undefined }],
  ['a config that is no JSON', { 'config.json': '{"model_type"' }],
  ['a config of something else', { 'config.json': '{"name":"x"}' }],
  ['no tokenizer', { 'tokenizer.json': undefined }],
  ['no weights', { 'model.safetensors': undefined, 'pytorch_model.bin': 'x' }],
  ['weights cut off at the end', { 'model.safetensors': safetensors(1024).subarray(0, 800) }],
  ['weights cut off within the header', { 'model.safetensors': safetensors().subarray(0, 40) }],
  ['weights cut off at once', { 'model.safetensors': Buffer.alloc(3) }],
  ['weights that are a page of a web server', { 'model.safetensors': '<!DOCTYPE html><html>'.repeat(20) }],
  ['weights whose header is damaged', { 'model.safetensors': damagedHeader() }],
  [
    'an index that names a missing file',
    { 'model.safetensors.index.json': index('model.safetensors', 'model-2.safetensors', 'model-2.safetensors') },
  ],
])('a folder with %s is named with a remedy', async (what, changed) => {
  expect(await problemWith(changed)).toBe(SENTENCES[what]);
});

const SENTENCES: Record<string, string> = {
  'no config': 'the base model FOLDER has no config.json: copy the whole model folder, not only its weights',
  'a config that is no JSON':
    'the base model FOLDER has a config.json without "model_type": take the file from the model\'s original folder',
  'a config of something else':
    'the base model FOLDER has a config.json without "model_type": take the file from the model\'s original folder',
  'no tokenizer':
    "the base model FOLDER has no tokenizer.json (or tokenizer.model): copy the tokenizer's files beside the weights",
  'no weights':
    'the base model FOLDER has no weights (model*.safetensors): copy them there; other formats have to be converted first',
  'weights cut off at the end':
    'the weights FOLDER/model.safetensors are cut off (800 bytes, 1139 expected): copy or download the file again',
  'weights cut off within the header':
    'the weights FOLDER/model.safetensors are cut off (40 bytes, the header alone needs 111): copy or download the file again',
  'weights cut off at once':
    'the weights FOLDER/model.safetensors are cut off (3 bytes): copy or download the file again',
  'weights that are a page of a web server':
    'the weights FOLDER/model.safetensors are not a safetensors file: copy or download the file again',
  'weights whose header is damaged':
    'the weights FOLDER/model.safetensors have a damaged header: copy or download the file again',
  'an index that names a missing file':
    'the base model FOLDER lacks model-2.safetensors that its index names: download it again',
};

function damagedHeader(): Buffer {
  const file = safetensors();
  file.fill('?', 8, 20);
  return file;
}

test('what makes a model is told from what lies beside it', async () => {
  const model = ['chat_template.jinja', 'config.json', 'model.safetensors', 'tokenizer.json'];
  const beside = ['README.md', 'pytorch_model.bin', 'consolidated.safetensors', '.gitattributes'];
  const folder = folderWith(Object.fromEntries([...model, ...beside].map((name) => [name, name])));
  expect(await namesOfModel(folder)).toEqual(model);
});
