import { terminal } from '../configs/failure.ts';

/**
 * A job under a key is not taken for one that starts from another model; null: from the base.
 *
 * @throws TerminalError `StartMismatch`
 */
export function checkStart(key: string, ordered: string | null, wanted: string | null): void {
  if (ordered === wanted) return;
  throw terminal(
    'StartMismatch',
    `the training ${key} was ordered to start from ${ordered ?? 'the base model'}, and now from ${wanted ?? 'the base model'}: it is left as it is; start a new run`,
  );
}
