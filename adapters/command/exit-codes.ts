/**
 * What the exit code of a command says (`docs/tuners.md`), after sysexits.h.
 *
 * - `done`    it did what was asked
 * - `final`   trying again cannot mend it; `type` says what kind of thing it is
 * - `later`   not now, and nothing was done: try again later
 * - `stopped` somebody stopped it
 * - `crashed` anything else
 */
export type Ending =
  | { is: 'done' }
  | { is: 'final'; type: string; meaning: string }
  | { is: 'later' }
  | { is: 'stopped' }
  | { is: 'crashed' };

const FINAL: Readonly<Record<number, { type: string; meaning: string }>> = {
  64: { type: 'BadSpec', meaning: 'it was called in a way, or with settings, that it does not take' },
  65: { type: 'BadData', meaning: 'the rows cannot be trained on' },
  66: { type: 'BadModel', meaning: 'the base model, or the model to start from, cannot be used' },
  67: { type: 'StartMismatch', meaning: 'the model to start from does not fit base and settings' },
  68: { type: 'OutOfMemory', meaning: 'memory ran out, and would again' },
  69: { type: 'NotAvailable', meaning: 'something it needs is not there: a library, a device, a machine' },
  73: { type: 'DiskFull', meaning: 'it could not write its output' },
  77: { type: 'NoPermission', meaning: 'it is not allowed to' },
  78: { type: 'BadSpec', meaning: 'its own configuration is wrong' },
};

/** @param code Exit code, or the name of the signal that ended it. */
export function endingOf(code: number | NodeJS.Signals): Ending {
  if (code === 0) return { is: 'done' };
  if (code === 75) return { is: 'later' };
  if (code === 130 || code === 143 || code === 'SIGINT' || code === 'SIGTERM') return { is: 'stopped' };
  const final = typeof code === 'number' ? FINAL[code] : undefined;
  return final ? { is: 'final', ...final } : { is: 'crashed' };
}
