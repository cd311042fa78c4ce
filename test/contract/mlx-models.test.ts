import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { createModels } from '../../adapters/mlx/models.ts';
import { modelsContract } from './models.ts';
import { buildBase, noTrainer, sharedFolder } from './support/trainer.ts';

const folder = sharedFolder();
const jobs = join(folder, 'jobs');
const COMMIT = '0123456789abcdef0123456789abcdef01234567';

afterAll(() => vi.unstubAllEnvs());

modelsContract(
  'mlx',
  async () => {
    const base = buildBase(join(folder, 'base'));
    cpSync(base, join(folder, 'broken'), { recursive: true });
    rmSync(join(folder, 'broken', 'model.safetensors'));
    // The hub's cache: snapshots by commit, and the commit that the main branch stood at.
    const hub = join(folder, 'hub');
    const repository = join(hub, 'models--acme--tiny');
    mkdirSync(join(repository, 'refs'), { recursive: true });
    writeFileSync(join(repository, 'refs', 'main'), COMMIT);
    cpSync(base, join(repository, 'snapshots', COMMIT), { recursive: true });
    vi.stubEnv('HF_HUB_CACHE', hub);
    vi.stubEnv('HF_HUB_OFFLINE', '1');
    const models = createModels({ jobs });
    return { models, folder: base, broken: join(folder, 'broken'), name: 'acme/tiny', revision: COMMIT };
  },
  noTrainer,
);

test('a model that was found leaves no job behind', async (context) => {
  context.skip(noTrainer !== undefined, noTrainer);
  await createModels({ jobs }).resolve('acme/tiny', undefined, 'r3', { signal: new AbortController().signal });
  expect(readdirSync(jobs).filter((name) => name.startsWith('r3'))).toEqual([]);
});
