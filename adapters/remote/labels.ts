import type { RemoteJobRecord } from '../../artifacts/ledger/remote-jobs.ts';

/** Longest value of a label at the vendors. */
const MAX_VALUE = 63;

/** What a job carries, so that it is found again and a person sees whose it is; lower case, digits, `-` and `_`. */
export function label(row: Pick<RemoteJobRecord, 'key' | 'try' | 'run_id' | 'line'>): Record<string, string> {
  return {
    anneal_key: row.key,
    anneal_try: String(row.try),
    anneal_run: labelValue(row.run_id),
    anneal_line: labelValue(row.line),
  };
}

/** A text as the value of a label. */
export const labelValue = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]/g, '-')
    .slice(0, MAX_VALUE);
