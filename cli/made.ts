import { chmod, copyFile, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { listExecutions, refsOf } from '../artifacts/ledger/executions.ts';
import type { ArtifactType } from '../configs/refs.ts';
import { openShelfStore } from '../worker/shelf-store.ts';
import { runOf, type State } from './state.ts';

/** An output of a step, with its checked copy in the store. */
export interface MadeFile {
  step: string;
  role: string;
  digest: string;
  file: string;
}

/** Outputs of one type that a run has, step by step; without an id of the newest run. */
export async function madeBy(
  { home, ledger }: State,
  id: string | undefined,
  type: ArtifactType,
): Promise<{ run: string; files: MadeFile[] }> {
  const run = await runOf(ledger, id);
  const store = openShelfStore(home, ledger);
  const files: MadeFile[] = [];
  for (const { id: execution, instance } of await listExecutions(ledger, run.id)) {
    for (const [role, ref] of Object.entries(await refsOf(ledger, execution, 'out'))) {
      if (ref.type === type)
        files.push({ step: instance, role, digest: ref.digest, file: await store.path(ref.digest) });
    }
  }
  return { run: run.id, files };
}

/** Copies an artifact out of the store, where it is read-only, to where a person can work on it. */
export async function copyOut(file: string, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  await copyFile(file, target);
  await chmod(target, 0o644);
}
