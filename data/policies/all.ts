import type { AnyPolicy, PolicyName } from '../../configs/policies.ts';
import { balance } from './balance.ts';
import { decontaminate } from './decontaminate.ts';
import { dedupe } from './dedupe.ts';
import { fewShot } from './few-shot.ts';
import { language } from './language.ts';
import { length } from './length.ts';
import { nearDuplicates } from './near-duplicates.ts';
import { normalize } from './normalize.ts';
import { pii } from './pii.ts';
import type { Policy } from './policy.ts';
import { repetition } from './repetition.ts';
import { roles } from './roles.ts';
import { secrets } from './secrets.ts';
import { specialTokens } from './special-tokens.ts';
import { tokens } from './tokens.ts';

/** Every rule of preparation by its name. A policy is only ever started with the settings of its own name. */
export const ALL_POLICIES = {
  normalize,
  roles,
  specialTokens,
  pii,
  secrets,
  length,
  repetition,
  language,
  dedupe,
  nearDuplicates,
  decontaminate,
  balance,
  tokens,
  fewShot,
} as unknown as Readonly<Record<PolicyName, Policy<AnyPolicy>>>;
