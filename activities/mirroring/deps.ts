import type { Mirror, MirrorPlace } from '../../adapters/mirror.ts';
import type { Ledger } from '../../artifacts/ledger/open.ts';
import type { Store } from '../../artifacts/store.ts';
import type { Google } from '../../configs/google.ts';

/** What copies are made with. */
export interface Mirroring {
  ledger: Ledger;
  store: Store;
  mirror: Mirror;
  /** Project and location, from the recipe, the environment or the credentials. */
  placeOf(google: Google): Promise<MirrorPlace>;
  /** Gives the files of a folder artifact in a store elsewhere their names; its address there. */
  publish(store: string, digest: string, google: Google): Promise<string>;
}
