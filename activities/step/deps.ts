import type { Ledger } from '../../artifacts/ledger/open.ts';
import type { Store } from '../../artifacts/store.ts';
import type { Embedder, Generator, Models, Notifier, Tuner, WriterKind } from '../../adapters/contracts.ts';
import type { Embeddings } from '../../configs/embeddings.ts';
import type { NotifyTarget } from '../../configs/notify.ts';
import type { Generator as WriterSettings } from '../../configs/synthesis.ts';
import type { Mirroring } from '../mirroring/deps.ts';
import type { FarFiles } from '../../data/sources/far.ts';
import type { Patience } from './ask.ts';

/** What activities are given; a test gives fakes of the outside world here. */
export interface Deps {
  store: Store;
  ledger: Ledger;
  /** Folder for files under construction. */
  scratch: string;
  /** Who executes, as recorded: host and process. */
  worker: string;
  tuners: Record<string, Tuner>;
  /** Who answers for models of this machine. */
  generator: Generator;
  /** Who answers for models that lie at a vendor, by provider. */
  generators?: Record<string, Generator>;
  models: Models;
  /** Rows that lie elsewhere, asked for as a recipe says who asks and who pays. */
  far?(recipe: unknown): FarFiles;
  /** Who writes synthetic rows, by the kind that a recipe names. */
  writers: Record<string, WriterKind<WriterSettings>>;
  /** Who turns texts into vectors, as a recipe names it. */
  embedder?(settings: Embeddings): Embedder;
  /** Who tells people and programs, by the kind that a recipe names. Each is only ever given settings of its own kind. */
  notifiers?: Record<string, (target: NotifyTarget) => Notifier>;
  /** How long generators that give no usable answer are borne with; default: `PATIENCE` and as many tries as a step has. */
  patience?: { ask: Patience; tries: number };
  /** How what is registered and run is copied to Google Cloud; left out: it is not. */
  mirroring?: Omit<Mirroring, 'ledger' | 'store'>;
}
