import { enterNotice } from '../../artifacts/ledger/notices.ts';
import type { Ledger } from '../../artifacts/ledger/open.ts';
import type { Notifier } from '../contracts.ts';

/** Keeps notices in the ledger; the next command shows them, once. */
export const terminalNotifier = (ledger: Ledger): Notifier => ({
  send: (notice, key) => enterNotice(ledger, notice, key),
});
