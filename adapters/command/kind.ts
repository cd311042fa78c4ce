import type { TuningKind } from '../contracts.ts';
import { commandIdentity } from './identity.ts';
import { openCommandService } from './service.ts';
import { commandOf, keyedSettings, servedBase } from './settings.ts';

/** Often enough for trainings of minutes; a poll starts a program. */
const POLL_EVERY_MS = 5000;

/** Trainers elsewhere, by commands that submit, ask and cancel; their job folders are kept in `jobs/`. */
export const commandKind = ({ jobs }: { jobs: string }): TuningKind => ({
  provider: 'command',
  pollEveryMs: POLL_EVERY_MS,
  identity: (settings) => commandIdentity(commandOf(settings)),
  keyed: keyedSettings,
  baseOf: servedBase,
  open: async (settings) => openCommandService(settings, { jobs }),
});
