import type { FamilyName } from '../../../configs/safety.ts';
import type { Family } from '../family.ts';
import { encoding } from './encoding.ts';
import { exfiltration } from './exfiltration.ts';
import { injection } from './injection.ts';
import { jailbreak } from './jailbreak.ts';
import { piiLeak } from './pii-leak.ts';
import { promptLeak } from './prompt-leak.ts';

/** Every family of attacks by its name. */
export const ALL_FAMILIES: Readonly<Record<FamilyName, Family>> = {
  injection,
  promptLeak,
  piiLeak,
  encoding,
  exfiltration,
  jailbreak,
};
