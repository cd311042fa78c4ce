import { commandKind } from '../adapters/command/kind.ts';
import { createLocalCommandTuner } from '../adapters/command/local-tuner.ts';
import type { Tuner, TuningKind } from '../adapters/contracts.ts';
import { createMlxTuner } from '../adapters/mlx/tuner.ts';
import { openAiKind } from '../adapters/openai/kind.ts';
import { createRemoteTuner } from '../adapters/remote/tuner.ts';
import { vertexKind } from '../adapters/vertex/kind.ts';
import type { Ledger } from '../artifacts/ledger/open.ts';

/** Kinds of training service at vendors, by the provider that a recipe names. None loads its client before it is used. */
const remoteKinds: Readonly<Record<string, TuningKind>> = { vertex: vertexKind, openai: openAiKind };

/** The same with trainers that commands reach, whose job folders are kept in `jobs`. */
export const remoteKindsIn = (jobs: string): Readonly<Record<string, TuningKind>> => ({
  ...remoteKinds,
  command: commandKind({ jobs }),
});

/** Who trains, by the name that `tunerNameOf` gives. */
export function tunersOf({ ledger, jobs }: { ledger: Ledger; jobs: string }): Record<string, Tuner> {
  const often = { pollEveryMs: ms('ANNEAL_POLL_MS'), settleMs: ms('ANNEAL_SETTLE_MS') };
  const remote = Object.values(remoteKinds).map((kind): [string, Tuner] => [
    kind.provider,
    createRemoteTuner(kind, { ledger, jobs, ...often }),
  ]);
  return {
    mlx: createMlxTuner({ jobs }),
    command: createLocalCommandTuner({ jobs }),
    'command-elsewhere': createRemoteTuner(commandKind({ jobs }), { ledger, jobs, ...often }),
    ...Object.fromEntries(remote),
  };
}

/** Times that tests shorten. */
function ms(variable: string): number | undefined {
  const text = process.env[variable];
  if (text === undefined || text === '') return undefined;
  const value = Number(text);
  if (Number.isFinite(value) && value >= 0) return value;
  throw new Error(`${variable} has to be a number of ms from 0 on, found "${text}"`);
}
