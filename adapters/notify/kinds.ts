import type { Ledger } from '../../artifacts/ledger/open.ts';
import type { NotifyTarget } from '../../configs/notify.ts';
import type { Notifier } from '../contracts.ts';
import { emailNotifier } from './email.ts';
import { fileNotifier } from './file.ts';
import { terminalNotifier } from './terminal.ts';
import { webhookNotifier } from './webhook.ts';

/** Makes notifiers, by the kind that a recipe names; each is only ever given the settings of its own kind. */
export type NotifierKinds = {
  [Kind in NotifyTarget['to']]: (target: Extract<NotifyTarget, { to: Kind }>) => Notifier;
};

/** Every kind there is. */
export const notifierKinds = (ledger: Ledger): NotifierKinds => ({
  terminal: () => terminalNotifier(ledger),
  file: ({ path }) => fileNotifier(path),
  webhook: webhookNotifier,
  email: emailNotifier,
});
