import type { TuningService, TuneSettings } from '../../adapters/contracts.ts';
import type { RemoteJobRecord } from '../../artifacts/ledger/remote-jobs.ts';
import { terminal } from '../../configs/failure.ts';
import { findHome } from '../home.ts';
import { remoteKindsIn } from '../tuners.ts';

/** Opens the service of a provider with a recipe's settings. @throws TerminalError `NoSuchTuner` */
export async function serviceOf(provider: string, settings: TuneSettings): Promise<TuningService> {
  const kinds = remoteKindsIn(findHome().jobs);
  const kind = kinds[provider];
  if (kind) return kind.open(settings);
  throw terminal(
    'NoSuchTuner',
    `there is no tuner "${provider}" in this version that works elsewhere: known are ${Object.keys(kinds).join(', ')}`,
  );
}

/** The settings that a job was ordered with. */
export const settingsOf = (row: Pick<RemoteJobRecord, 'settings_json'>): TuneSettings =>
  (JSON.parse(row.settings_json) as { settings: TuneSettings }).settings;

/** The service that a job was ordered from. */
export const serviceAt = (row: RemoteJobRecord): Promise<TuningService> => serviceOf(row.provider, settingsOf(row));
