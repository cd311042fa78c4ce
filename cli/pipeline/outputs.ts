import { cp, mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Ledger } from '../../artifacts/ledger/open.ts';
import { messageOf } from '../../configs/failure.ts';
import type { Home } from '../../worker/home.ts';
import { openShelfStore } from '../../worker/shelf-store.ts';
import { tell } from '../output.ts';
import type { RunDocument } from '../run-document.ts';
import { pathOf, type ExecutorInput } from './executor-input.ts';

/** Writes what a task says and made, where the pipeline wants it. */
export async function writeOutputs(
  step: string,
  { outputs }: ExecutorInput,
  document: RunDocument,
  state: { home: Home; ledger: Ledger },
): Promise<void> {
  const said: Record<string, string> = {
    // A candidate that is the champion was not weighed.
    Output: document.verdict ?? 'unchanged',
    version: document.model ?? '',
  };
  for (const [name, { outputFile }] of Object.entries(outputs.parameters))
    await writeText(outputFile, said[name] ?? '');
  const artifacts: Record<string, object> = {};
  for (const [role, { artifacts: places }] of Object.entries(outputs.artifacts)) {
    const place = places[0];
    if (!place) continue;
    const digest = digestOf(document, step, role);
    if (digest) await copyOut(state, digest, place.uri);
    const metadata = role === 'metrics' ? numbersOf(document) : { run: document.runId, ...(digest ? { digest } : {}) };
    artifacts[role] = { artifacts: [{ name: place.name, uri: place.uri, metadata }] };
  }
  if (outputs.outputFile === undefined) return;
  const parameterValues = Object.fromEntries(Object.keys(outputs.parameters).map((name) => [name, said[name] ?? '']));
  await writeText(outputs.outputFile, JSON.stringify({ parameterValues, artifacts }));
}

/** Which of the run's artifacts a task's output is. */
function digestOf({ steps }: RunDocument, step: string, role: string): string | undefined {
  const made = (name: string, key: string): string | undefined =>
    steps.findLast(({ name: instance, outputs }) => instance.split(/[.#]/)[0] === name && outputs[key])?.outputs[key];
  if (role === 'champion') return made('tune', 'model');
  if (role === 'metrics') return made(step, 'report');
  return made(step, role);
}

/** A model, rows or a report for whoever looks at the pipeline; the state that is handed on has it anyway. */
async function copyOut({ home, ledger }: { home: Home; ledger: Ledger }, digest: string, uri: string): Promise<void> {
  try {
    const from = await openShelfStore(home, ledger).path(digest);
    const to = pathOf(uri);
    await mkdir(dirname(to), { recursive: true });
    await cp(from, to, { recursive: true, dereference: true });
  } catch (error) {
    tell(`note: ${digest} is not copied to ${uri}: ${messageOf(error)}`);
  }
}

const numbersOf = ({ metrics }: RunDocument): Record<string, number> =>
  Object.fromEntries(
    Object.entries(metrics).flatMap(([name, { value, n }]) => [
      [name, value],
      [`${name}.n`, n],
    ]),
  );

async function writeText(file: string, text: string): Promise<void> {
  const path = pathOf(file);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}
