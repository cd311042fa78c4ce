import { access, constants } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { messageOf, terminal } from '../../configs/failure.ts';
import type { RemoteModel } from '../../configs/remote-model.ts';
import type { CommandTuning } from '../../configs/tune-command.ts';
import type { TuneSettings } from '../contracts.ts';
import { trainerSettings } from './order.ts';

/** What a result depends on beside the commands, which `identity` speaks for. */
export const keyedSettings = (settings: TuneSettings): unknown => ({
  tuner: settings.tuner,
  objective: settings.objective ?? 'sft',
  ...trainerSettings(settings),
});

/** @throws TerminalError `NoCommand` for settings without commands. */
export function commandOf(settings: TuneSettings | undefined): CommandTuning {
  const command = settings?.command;
  if (!command) throw terminal('NoCommand', 'the recipe has no tune.command: it says which commands train');
  return command;
}

/** A program that is not there is known before anything is ordered; one without a path is looked for when it starts. */
export async function checkProgram(word: string): Promise<void> {
  if (!isAbsolute(word)) return;
  await access(word, constants.X_OK).catch((error: unknown) => {
    throw terminal(
      'NoProgram',
      `${word} cannot be started (${messageOf(error)}): check tune.command and its file mode`,
    );
  });
}

/**
 * A base model that lies elsewhere, by its name in `model.for.command`.
 *
 * @throws TerminalError `NoServer` when nobody is named who answers for it: a candidate is compared with its base.
 */
export function servedBase(name: string, settings: TuneSettings): RemoteModel {
  const { serve } = commandOf(settings);
  if (serve) return { provider: 'openai', model: name, base: name, ...serve };
  throw terminal(
    'NoServer',
    `model.for.command names ${name}, which lies elsewhere, and nobody who answers for it: add tune.command.serve.baseUrl, a server of the OpenAI protocol, or take model.for.command out, so that model.base is read on this machine`,
  );
}
