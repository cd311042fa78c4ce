import type { Bucket } from '@google-cloud/storage';
import { z } from 'zod';
import type { AliasNote } from '../../../artifacts/store.ts';
import { canonicalJson } from '../../../configs/canonical-json.ts';
import { noBucket, statusOf, type Doing } from './errors.ts';
import { keyOf } from './client.ts';
import { headOf } from './objects.ts';
import { persist, type Patience } from './persist.ts';
import { coded } from './transfer.ts';

/** Where aliases are noted beside the artifacts. */
export interface RefsPlace {
  open(): Promise<Bucket>;
  /** With a slash at its end, or empty. */
  prefix: string;
  doing(name: string): Doing;
  patience?: Patience | undefined;
}

const Note = z.object({ version: z.int(), digest: z.string(), at: z.string() });

/** How often the object may be another by the time it is written. */
const TRIES = 8;

/**
 * Notes where an alias points as `refs/MODEL/ALIAS.json`, by compare-and-set on the object's generation: of two that
 * move it at once the one whose move is newer in the ledger is left. Doing it again changes nothing.
 */
export async function setRemoteAlias(place: RefsPlace, alias: AliasNote): Promise<{ moved: boolean }> {
  const bucket = await place.open();
  const name = `${place.prefix}refs/${alias.model}/${alias.alias}.json`;
  const doing = place.doing(name);
  const text = canonicalJson(alias);
  for (let tries = 1; ; tries++) {
    const found = await headOf(bucket, name, doing, place.patience);
    const generation = Number(found?.generation ?? 0);
    const there = found && (await read(bucket, name, generation, doing, place.patience));
    // The same place with an older date is written anew: by that date a move that comes late would win.
    const isSame = there?.digest === alias.digest && there.version === alias.version && there.at === alias.at;
    if (isSame || (there && there.at > alias.at)) return { moved: false };
    const isSet = await persist(
      doing,
      async () => {
        try {
          await bucket.file(name, keyOf(doing.settings)).save(text, {
            resumable: false,
            validation: 'crc32c',
            preconditionOpts: { ifGenerationMatch: generation },
            metadata: { contentType: 'application/json' },
          });
          return true;
        } catch (error) {
          if (statusOf(error) === 404) throw noBucket(bucket.name);
          if (statusOf(error) !== 412) throw error;
          // Another was first, or it was this one and its answer was lost: both are seen when it is read again.
          return false;
        }
      },
      place.patience,
    );
    if (isSet) return { moved: true };
    if (tries === TRIES) throw coded(`gs://${bucket.name}/${name} is moved by others all the time`, 503);
  }
}

/** What is noted in one generation; undefined: that is gone, or is no note. */
async function read(
  bucket: Bucket,
  name: string,
  generation: number,
  doing: Doing,
  patience?: Patience,
): Promise<z.infer<typeof Note> | undefined> {
  return persist(
    doing,
    async () => {
      try {
        const [bytes] = await bucket.file(name, { generation }).download({ validation: false });
        return Note.safeParse(parse(bytes.toString('utf8'))).data;
      } catch (error) {
        if (statusOf(error) === 404) return undefined;
        throw error;
      }
    },
    patience,
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
